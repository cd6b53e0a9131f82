/** A form that becomes the body of a request: what its fields hold, and what the server says of each. */
import { html, type LitElement, type ReactiveController, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { FieldError } from '../parts/api.ts';
import { Work } from '../parts/work.ts';
import { type FieldKind, toValue } from '../pure/field-kinds.ts';

export interface FormOptions {
  /** @param body what the fields say, over `start` @returns false when it was called off @throws Refusal */
  send: (body: object) => Promise<unknown>;
  /** What the body is where the form has no field for it; default nothing. */
  start?: () => object;
  done?: string;
  /** Of the amounts; default US dollars. */
  currency?: () => string;
}

export class Form implements ReactiveController {
  readonly work: Work;
  #host: LitElement;
  #options: FormOptions;
  /** What could not be read, so it was not sent. */
  #unread: FieldError[] = [];
  /** Another one forgets what was written, and shows what there is. */
  #version = 0;

  constructor(host: LitElement, options: FormOptions) {
    this.#host = host;
    this.#options = options;
    this.work = new Work(host);
    host.addController(this);
  }

  hostConnected(): void {}

  get errors(): FieldError[] {
    return [...this.#unread, ...(this.work.refusal?.errors ?? [])];
  }

  /** Shows what there is instead of what was written. */
  reset(): void {
    this.#version += 1;
    this.#unread = [];
    this.work.clear();
  }

  /** @param fields stay as they were written when they are drawn again @param action what the button says: a verb */
  show(fields: TemplateResult, action: string, mayWrite: boolean): TemplateResult {
    return html`<form novalidate @submit=${this.#submit}>
      <fieldset class="whole" ?disabled=${!mayWrite}>${keyed(this.#version, fields)}</fieldset>
      ${this.#problem()}
      ${mayWrite ? html`<p class="row"><button class="main" aria-disabled=${this.work.isBusy ? 'true' : 'false'}>${action}</button></p>` : ''}
    </form>`;
  }

  #problem() {
    const { done, refusal, isBusy } = this.work;
    const { errors } = this;
    // What no field is there for is told here.
    const others = errors.filter(({ path }) => !this.#control(path));
    return html`<p class="good" role="status">${isBusy ? '' : done}</p>
      ${
        errors.length > 0
          ? html`<div class="problem" role="alert">
              <p>Nothing was saved. ${errors.length > others.length ? 'Look at what is marked.' : ''}</p>
              ${others.map(({ path, message }) => html`<p>${path}: ${message}</p>`)}
            </div>`
          : refusal
            ? html`<p class="problem" role="alert">${refusal.message}</p>`
            : ''
      }`;
  }

  /** The field that an error speaks of: its own, or the one that it is a part of. */
  #control(path: string): HTMLElement | null {
    const pieces = path.split('.');
    for (let length = pieces.length; length > 0; length -= 1) {
      const name = CSS.escape(pieces.slice(0, length).join('.'));
      const control = this.#host.renderRoot?.querySelector<HTMLElement>(`[name="${name}"]`);
      if (control) return control;
    }
    return null;
  }

  async #send(send: FormOptions['send'], body: object, done: string): Promise<void> {
    let isDone = false;
    await this.work.do(async () => {
      isDone = (await send(body)) !== false;
    });
    if (!isDone) return;
    this.work.done = done;
    this.#version += 1;
  }

  #submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const { currency = () => 'usd', start = () => ({}), send, done = 'Saved.' } = this.#options;
    const { body, errors } = readForm(event.target as HTMLFormElement, start(), currency());
    this.#unread = errors;
    if (errors.length > 0) this.work.clear();
    else await this.#send(send, body, done);
    this.#host.requestUpdate();
    await this.#host.updateComplete;
    const [first] = this.errors;
    if (first) this.#control(first.path)?.focus();
  };
}

/** @param start what the body is where the form has no field for it */
export function readForm(
  form: HTMLFormElement,
  start: object,
  currency: string,
): { body: object; errors: FieldError[] } {
  const body = structuredClone(start);
  const errors: FieldError[] = [];
  for (const control of form.elements) {
    const { name, value } = control as HTMLInputElement;
    const { as, empty } = (control as HTMLElement).dataset;
    if (!as) continue;
    if (as === 'flag') {
      put(body, name, (control as HTMLInputElement).checked);
    } else if (as === 'texts' || as === 'numbers') {
      const ticked = form.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]:checked`);
      const values = [...ticked].map((one) => (as === 'numbers' ? Number(one.value) : one.value));
      put(body, name, values);
    } else if ((control as HTMLInputElement).required && value.trim() === '') {
      errors.push({ path: name, message: 'is needed' });
    } else if (value.trim() === '' && empty !== 'keep') {
      put(body, name, empty === 'null' ? null : undefined);
    } else {
      const read = toValue(as as FieldKind, value, currency);
      if ('value' in read) put(body, name, read.value);
      else errors.push({ path: name, message: read.problem });
    }
  }
  return { body, errors };
}

/** @param path `rates.0.price.kind`; a number is a place in a list */
function put(target: object, path: string, value: unknown): void {
  const pieces = path.split('.');
  const last = pieces.pop() as string;
  let inner = target as Record<string, unknown>;
  for (const [index, piece] of pieces.entries()) {
    inner[piece] ??= /^\d+$/.test(pieces[index + 1] ?? last) ? [] : {};
    inner = inner[piece] as Record<string, unknown>;
  }
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}
