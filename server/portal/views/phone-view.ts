/** A client's calls by phone: what happens to them, its numbers, and callers whom its agent does not answer. */
import { html, type PropertyValues } from 'lit';
import type {
  BlockedCallersAnswer,
  PhoneNumbersAnswer,
  PhoneNumberView,
  TenantView,
  VapiLookAnswer,
} from '../../contract.ts';
import { choice, field, flag } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { TenantForm } from '../forms/tenant-form.ts';
import { get, post, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';
import { namesAtVapi } from '../pure/vapi-names.ts';

const actions = [
  ['keep', 'Count and bill them'],
  ['limit', 'Apply the limits: end those without room'],
  ['ask', 'Apply the limits before they are answered, where a number asks'],
] as const;

class PhoneFormElement extends TenantForm {
  protected readonly heading = 'Calls by phone';

  protected override fields({ phoneCalls, phoneRefusal }: TenantView) {
    const { errors } = this.form;
    return html`<div class="fields">
      ${choice(errors, {
        ...{ name: 'phoneCalls', label: 'How to handle them', value: phoneCalls, choices: actions },
        hint: 'A number that asks is refused a call before it costs anything. Other calls without room in the budget, the calls at once or the opening hours are ended seconds after they were answered.',
      })}
      ${field(errors, { name: 'phoneRefusal.say', label: 'What a refused caller hears', value: phoneRefusal.say, required: true, isBroad: true })}
      ${field(errors, {
        ...{
          name: 'phoneRefusal.transferTo',
          label: 'Number to send refused callers to',
          value: phoneRefusal.transferTo,
        },
        empty: 'null',
        placeholder: '+14155550100',
        hint: 'Instead of the sentence; leave empty for none. Not for blocked callers, nor for those who call too often. The carrier may charge for it.',
      })}
    </div>`;
  }
}
customElements.define('phone-form', PhoneFormElement);

const modes = [
  ['ask', 'Ask this server who answers'],
  ['assistant', 'Its assistant answers each call'],
] as const;

/** One number of the organization. */
class NumberFormElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = {
    ...ScopedElement.properties,
    number: { attribute: false },
    tenant: { attribute: false },
    names: { attribute: false },
  };
  declare number: PhoneNumberView;
  declare tenant: TenantView;
  declare names: Map<string, string>;

  #form = new Form(this, {
    send: async (body) => {
      await send('PUT', this.#path(), body);
      this.#changed();
    },
  });

  #path(): string {
    return pathOf(this.scope, `/phone-numbers/${encodeURIComponent(this.number.id)}`);
  }

  #changed(): void {
    this.dispatchEvent(new CustomEvent('numbers-changed', { bubbles: true, composed: true }));
  }

  protected override reload(): void {
    this.#form.reset();
  }

  protected override render() {
    const { number, tenant, names, scope } = this;
    const { errors } = this.#form;
    const ids = [tenant.assistantId, ...tenant.assistantIds];
    const assistants = ids.map((id) => [id, names.get(id) ?? id] as const);
    const mode = number.mode ?? (tenant.phoneCalls === 'ask' ? 'ask' : 'assistant');
    const title = number.number ?? number.id;
    return html`<h3>${title} ${number.name ? html`<span class="muted">${number.name}</span>` : ''} ${badge(number)}</h3>
      ${number.problem ? html`<p class="warn">${number.problem}</p>` : ''}
      ${
        number.state === 'gone'
          ? ''
          : this.#form.show(
              html`<div class="fields">
                ${choice(errors, { name: 'mode', label: `Calls to ${title}`, value: mode, choices: modes, hint: tenant.phoneCalls === 'ask' ? undefined : 'To ask this server, first apply the limits before calls are answered, above.' })}
                ${choice(errors, { name: 'assistantId', label: 'Assistant', value: ids.includes(number.assistantId ?? '') ? (number.assistantId as string) : tenant.assistantId, choices: assistants })}
                ${field(errors, { name: 'name', label: 'Name', value: number.name })}
                ${field(errors, { name: 'fallback', label: 'Number to call when this server is away', value: number.fallback, empty: 'null', placeholder: '+14155550100', hint: 'Set at Vapi, so that it works without this server.' })}
                ${tenant.webhookAuth.kind === 'hmac' ? field(errors, { name: 'credentialId', label: 'Credential at Vapi that signs', value: '', hint: 'Leave empty to keep it.' }) : ''}
              </div>
              ${number.state === 'elsewhere' ? html`<p>${flag('takeOver', 'It asks another server now: take it over', false)}</p>` : ''}`,
              number.mode === null ? 'Assign' : 'Save',
              scope.mayWrite,
            )
      }
      ${number.mode !== null && scope.mayWrite ? html`<p><button aria-disabled=${this.#form.work.isBusy} @click=${this.#release}>Release ${title}</button></p>` : ''}`;
  }

  #release = async () => {
    const question = {
      title: `Release ${this.number.number ?? this.number.id}?`,
      text: 'It is no longer this client’s. At Vapi it stays, and its assistant answers each call without asking here, beyond all limits. Remove it there if no one must answer.',
      action: 'Release',
      danger: true,
    };
    if (!(await confirm(question))) return;
    if (await this.#form.work.do(() => send('DELETE', this.#path()))) this.#changed();
  };
}
customElements.define('number-form', NumberFormElement);

function badge({ mode, state, status }: PhoneNumberView) {
  if (status !== null && status !== 'active') return html`<span class="badge warn">${status}</span>`;
  if (mode === null) return html`<span class="badge muted">Not assigned</span>`;
  const words = {
    asks: 'Asks this server',
    answers: 'Answered at once',
    elsewhere: 'Asks another server',
    unanswered: 'Not answered',
    gone: 'Gone',
  };
  const isAsSet = state === (mode === 'ask' ? 'asks' : 'answers');
  return html`<span class="badge ${isAsSet ? 'good' : 'warn'}">${words[state]}</span>`;
}

export class PhoneElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  #numbers = new Resource<PhoneNumbersAnswer>(this, () => get(pathOf(this.scope, '/phone-numbers')));
  #look = new Resource<VapiLookAnswer>(this, () => get(pathOf(this.scope, '/vapi')));
  #blocked = new Resource<BlockedCallersAnswer>(this, () => get(pathOf(this.scope, '/blocked-callers')));
  #work = new Work(this);
  #form = new Form(this, {
    done: 'Blocked.',
    send: async (body) => {
      await post(pathOf(this.scope, '/blocked-callers'), body);
      await this.#blocked.load();
    },
  });

  protected override reload(): void {
    this.#form.reset();
    this.#work.clear();
    void this.#numbers.load(true);
    void this.#look.load(true);
    void this.#blocked.load(true);
  }

  /** Which numbers may ask depends on the settings. */
  protected override updated(changed: PropertyValues): void {
    const before = changed.get('tenant') as TenantView | undefined;
    if (before && before.updatedAt !== this.tenant.updatedAt) void this.#numbers.load();
  }

  protected override render() {
    const { scope, tenant } = this;
    return html`<h1>${titleOf(scope, 'Phone')}</h1>
      <phone-form .scope=${scope} .tenant=${tenant}></phone-form>
      <section @numbers-changed=${() => this.#numbers.load()}>
        <h2>Numbers</h2>
        ${this.#numbers.show((answer) => this.#list(answer))}
      </section>
      <section>
        <h2>Blocked callers</h2>
        <p class="muted small">Refused by numbers that ask. Of a number only the last digits are kept.</p>
        ${this.#form.show(
          html`<div class="fields">
            ${field(this.#form.errors, { name: 'caller', label: 'Phone number with country code', value: '', required: true })}
            ${field(this.#form.errors, { name: 'note', label: 'Why', value: '' })}
          </div>`,
          'Block',
          scope.mayWrite,
        )}
        ${this.#work.show()}
        ${this.#blocked.show((answer) => this.#callers(answer))}
      </section>`;
  }

  #list({ numbers }: PhoneNumbersAnswer) {
    const { scope, tenant } = this;
    const names = new Map(this.#look.data ? namesAtVapi(this.#look.data) : []);
    return numbers.length === 0
      ? html`<p>The organization has no phone number that this client could use. Get one in Vapi’s dashboard.</p>`
      : html`${numbers.map((number) => html`<number-form .scope=${scope} .tenant=${tenant} .number=${number} .names=${names}></number-form>`)}`;
  }

  #callers({ callers }: BlockedCallersAnswer) {
    const { scope } = this;
    if (callers.length === 0) return html`<p>No one is blocked.</p>`;
    return table(
      'Blocked callers, newest first',
      ['Number', 'Why', 'Since', 'Action'],
      callers.map(
        ({ id, ending, note, createdAt }) => html`<tr>
          <th scope="row">…${ending}</th><td>${note}</td><td>${moment(createdAt, scope.timeZone)}</td>
          <td>${scope.mayWrite ? html`<button aria-label=${`Unblock …${ending}`} aria-disabled=${this.#work.isBusy} @click=${() => this.#unblock(id)}>Unblock</button>` : ''}</td>
        </tr>`,
      ),
    );
  }

  async #unblock(id: string): Promise<void> {
    await this.#work.do(async () => {
      await send('DELETE', pathOf(this.scope, `/blocked-callers/${encodeURIComponent(id)}`));
      await this.#blocked.load();
    }, 'Unblocked.');
  }
}
customElements.define('phone-view', PhoneElement);
