/** A form that becomes a request body, and shows the server's errors at its fields. */
import { html, type LitElement, type ReactiveController, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { say } from '../language/words.ts';
import type { FieldError } from '../parts/api.ts';
import { setUnsaved, type Unsaved } from '../parts/unsaved.ts';
import { Work } from '../parts/work.ts';
import { type FieldKind, toValue } from '../pure/field-kinds.ts';

export interface FormOptions {
  /** @param body the fields' values over `start` @returns false when cancelled @throws Refusal */
  send: (body: object) => Promise<unknown>;
  /** The body's values that have no field; default none. */
  start?: () => object;
  done?: string;
  /** Called when the reader has discarded what was entered. */
  discarded?: () => void;
  /** The currency of amounts; default US dollars. */
  currency?: () => string;
}

export class Form implements ReactiveController, Unsaved {
  readonly work: Work;
  #host: LitElement;
  #options: FormOptions;
  /** Fields that could not be read, so nothing was sent. */
  #unread: FieldError[] = [];
  /** Changing it discards what was entered and shows the stored values. */
  #version = 0;
  #isUnsaved = false;
  /** Something was changed that is no field. */
  #isTouched = false;

  constructor(host: LitElement, options: FormOptions) {
    this.#host = host;
    this.#options = options;
    this.work = new Work(host);
    host.addController(this);
  }

  hostConnected(): void {}

  hostDisconnected(): void {
    this.#isUnsaved = false;
    setUnsaved(this, false);
  }

  get errors(): FieldError[] {
    return [...this.#unread, ...(this.work.refusal?.errors ?? [])];
  }

  /** Discards what was entered and shows the stored values. */
  reset(): void {
    this.#version += 1;
    this.#unread = [];
    this.#isTouched = false;
    this.#note(false);
    this.work.clear();
  }

  discard(): void {
    this.reset();
    this.#options.discarded?.();
  }

  /** For what is changed without entering anything, such as an added row. */
  touch(): void {
    this.#isTouched = true;
    this.#note(true);
  }

  #note(isUnsaved: boolean): void {
    if (isUnsaved === this.#isUnsaved) return;
    this.#isUnsaved = isUnsaved;
    setUnsaved(this, isUnsaved);
    this.#host.requestUpdate();
  }

  /** What is entered and then taken back leaves nothing to save. */
  #entered = (event: Event) => {
    const { elements } = event.currentTarget as HTMLFormElement;
    this.#note(this.#isTouched || [...elements].some(isChanged));
  };

  /** @param fields keep what was entered when rendered again @param action the button's text: a verb */
  show(fields: TemplateResult, action: string, mayWrite: boolean): TemplateResult {
    return html`<form novalidate @submit=${this.#submit} @input=${this.#entered}>
      <fieldset class="whole" ?disabled=${!mayWrite}>${keyed(this.#version, fields)}</fieldset>
      ${this.#problem()}
      ${mayWrite ? this.#bar(action) : ''}
    </form>`;
  }

  #bar(action: string) {
    const isUnsaved = this.#isUnsaved;
    return html`<p class="row ${isUnsaved ? 'unsaved' : ''}">
      ${isUnsaved ? html`<span>${say('unsaved')}</span>` : ''}
      <button class="main" aria-disabled=${this.work.isBusy}>${action}</button>
      ${isUnsaved ? html`<button type="button" @click=${() => this.discard()}>${say('discard')}</button>` : ''}
    </p>`;
  }

  #problem() {
    const { done, refusal, isBusy } = this.work;
    const { errors } = this;
    // Errors without a field are shown here.
    const others = errors.filter(({ path }) => !this.#control(path));
    return html`<p class="good" role="status">${isBusy ? '' : done}</p>
      ${
        errors.length > 0
          ? html`<div class="problem" role="alert">
              <p>${errors.length > others.length ? say('fixFields') : say('nothingSaved')}</p>
              ${others.map(({ path, message }) => html`<p>${path}: ${message}</p>`)}
            </div>`
          : refusal
            ? html`<p class="problem" role="alert">${refusal.message}</p>`
            : ''
      }`;
  }

  /** The field an error is about: its own, or the one it is a part of. */
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
    this.#isTouched = false;
    this.#note(false);
    this.#version += 1;
  }

  #submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const { currency = () => 'usd', start = () => ({}), send, done = say('saved') } = this.#options;
    const { body, errors } = readForm(event.target as HTMLFormElement, start(), currency());
    this.#unread = errors;
    if (errors.length > 0) this.work.clear();
    else await this.#send(send, body, done);
    this.#host.requestUpdate();
    await this.#host.updateComplete;
    // The first on the page, whatever the order of the answer.
    const wrong = this.errors.flatMap(({ path }) => this.#control(path) ?? []);
    wrong.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    wrong[0]?.focus();
  };
}

/** Whether a field differs from what it was shown with. */
function isChanged(control: Element): boolean {
  if (!(control as HTMLElement).dataset.as) return false;
  if (control instanceof HTMLSelectElement) {
    const first = Math.max(
      0,
      [...control.options].findIndex((one) => one.defaultSelected),
    );
    return control.selectedIndex !== first;
  }
  const { type, value, defaultValue, checked, defaultChecked } = control as HTMLInputElement;
  return type === 'checkbox' ? checked !== defaultChecked : value !== defaultValue;
}

/** @param start the body's values that have no field */
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
      errors.push({ path: name, message: say('required') });
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

/** @param path `rates.0.price.kind`; a number is an index in a list */
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
