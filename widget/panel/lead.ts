/**
 * A message instead of a dead end: closed, paused, at the limit, without a microphone, after a failure. A separate chunk,
 * loaded only then, and only where the tenant takes messages.
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Consent, LeadReason, LeadRequest, WidgetConfig } from '../../server/contract.ts';
import type { CallController } from '../call-controller.ts';
import type { Settings } from '../call-host.ts';
import { css } from '../css.ts';
import { type FailureCode, failureOf, isWorthRetrying } from '../failure.ts';
import type { Strings } from '../strings/en.ts';
import { type LeadStrings, leadEn } from '../strings/lead-en.ts';
import { loadLeadStrings } from '../strings/lead-languages.ts';
import { ignore } from '../waiting.ts';
import { KeyboardRoom } from './keyboard.ts';
import type { PanelElement } from './panel.ts';

const leadStyle = css`
  vapi-agent-lead {
    display: contents;
  }
  .lead form {
    gap: 12px;
  }
  .after.lead :is(p:not(:empty), span) {
    display: block;
    text-align: start;
  }
  /* Room for the fields: the words say enough. */
  .panel:has(.lead form) .orb {
    display: none;
  }
  .after.lead h3 {
    margin: 0;
    font-size: 16px;
  }
  .lead label {
    gap: 4px;
    font-weight: 600;
  }
  .lead :is(input, textarea) {
    font: inherit;
    font-weight: 400;
  }
  .lead [aria-invalid='true'] {
    border-width: 2px;
  }
  .panel .lead .terms-of {
    grid-template-columns: auto minmax(0, 1fr);
    align-items: start;
    gap: 10px;
    max-height: 9em;
    overflow: auto;
    font-size: 14px;
    font-weight: 400;
    white-space: pre-line;
  }
  .panel .lead input[type='checkbox'] {
    width: 22px;
    min-height: 22px;
    margin: 0;
  }
  .lead .wrong {
    font-size: 14px;
    font-weight: 600;
  }
  .lead .wrong::before {
    content: '\26a0\fe0e\a0';
  }
`;

type Field = 'name' | 'phone' | 'email' | 'message' | 'consent';
type Wrong = Partial<Record<Field, keyof LeadStrings>>;

/** As the server checks it. */
const isPhone = (text: string): boolean => {
  const digits = text.replace(/\D/g, '').length;
  return /^\+?[\d\s().\-/]+$/.test(text) && digits >= 7 && digits <= 15;
};

export class LeadElement extends LitElement {
  static override properties = {
    strings: { attribute: false },
    own: { attribute: false },
    consent: { attribute: false },
    isOpen: { state: true },
    stage: { state: true },
    wrong: { state: true },
  };

  declare strings: Strings;
  declare own: LeadStrings;
  declare consent: Consent;
  declare isOpen: boolean;
  declare stage: 'writing' | 'sending' | 'sent' | 'failed' | 'too-many';
  declare wrong: Wrong;
  panel!: PanelElement;
  reason: LeadReason = 'failure';
  /** Rejects when it could not be sent. */
  deliver!: (lead: Omit<LeadRequest, 'tenant' | 'challenge'>) => Promise<void>;

  /** The same until it is sent: the server takes it once, however often it is sent. */
  #id = newId();
  /** Of the language that its texts are in. */
  #code = '';

  constructor() {
    super();
    new KeyboardRoom(this);
    this.own = leadEn;
    this.isOpen = false;
    this.stage = 'writing';
    this.wrong = {};
  }

  /** Into the panel's own tree, to share its style sheet and parts. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** The panel's language may arrive after its failure. */
  protected override willUpdate(): void {
    const { code } = this.panel.language;
    if (code === this.#code) return;
    this.#code = code;
    const texts = Object.entries(this.panel.config?.texts ?? {});
    const replaced = texts.filter(([key]) => Object.hasOwn(leadEn, key));
    void loadLeadStrings(code).then((strings) => {
      if (code === this.#code) this.own = { ...strings, ...Object.fromEntries(replaced) };
    });
  }

  protected override updated(): void {
    this.panel.followLog();
  }

  protected override render(): TemplateResult {
    const { own, stage } = this;
    const inside =
      stage === 'sent'
        ? html`<p role="status" tabindex="-1"><bdi>${own.leadSent}</bdi></p>`
        : this.isOpen
          ? this.#form()
          : html`<button type="button" class="plain" part="button leave-message" @click=${this.#open}>${own.leadOpen}</button>`;
    return html`<div class="after lead" part="lead">${inside}</div>`;
  }

  #form(): TemplateResult {
    const { own, strings, stage, consent } = this;
    const failed = stage === 'failed' ? own.leadFailed : stage === 'too-many' ? own.leadTooMany : '';
    const input = (name: Field, type: string, complete: string, most: number) => html`<input name=${name}
      type=${type} autocomplete=${complete} maxlength=${most} dir="auto" aria-invalid=${name in this.wrong}
      aria-describedby=${name in this.wrong ? `lead-${name}` : nothing} ?required=${name === 'name'}>`;
    return html`<form part="lead-form" novalidate aria-labelledby="lead-title" @submit=${this.#send}>
      <h3 id="lead-title"><bdi>${own.leadTitle}</bdi></h3>
      <p><bdi>${own.leadHelp}</bdi></p>
      <label>${own.leadName}${input('name', 'text', 'name', 120)}${this.#problem('name')}</label>
      <label>${own.leadPhone}${input('phone', 'tel', 'tel', 26)}${this.#problem('phone')}</label>
      <label>${own.leadEmail}${input('email', 'email', 'email', 254)}${this.#problem('email')}</label>
      <label>${own.leadMessage}<textarea name="message" rows="2" maxlength="2000"></textarea></label>
      <label class="terms-of"><input type="checkbox" name="consent" aria-invalid=${'consent' in this.wrong}
        aria-describedby=${'consent' in this.wrong ? 'lead-consent' : nothing} required><span><bdi>${consent.text}</bdi>${
          consent.linkUrl
            ? html` <a href=${consent.linkUrl} target="_blank" rel="noopener noreferrer">${strings.consentMore}</a>`
            : nothing
        }</span></label>${this.#problem('consent')}
      <button class="primary" part="button send-message" aria-disabled=${stage === 'sending'}>${own.leadSend}</button>
      <p role="alert">${failed ? html`<bdi>${failed}</bdi>` : nothing}</p>
    </form>`;
  }

  #problem(name: Field): TemplateResult | typeof nothing {
    const key = this.wrong[name];
    return key ? html`<span class="wrong" id="lead-${name}">${this.own[key]}</span>` : nothing;
  }

  #open = async (): Promise<void> => {
    this.isOpen = true;
    await this.updateComplete;
    this.#input('name')?.focus();
  };

  #input(name: Field): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>(`[name=${name}]`);
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.stage === 'sending') return;
    const text = (name: Field): string => this.#input(name)?.value.trim() ?? '';
    const [name, phone, email] = [text('name'), text('phone'), text('email')];
    this.wrong = {
      ...(name ? {} : { name: 'leadNameMissing' }),
      ...(phone || email ? {} : { phone: 'leadContactMissing' }),
      ...(phone && !isPhone(phone) ? { phone: 'leadPhoneWrong' } : {}),
      ...(email && !this.#input('email')?.validity.valid ? { email: 'leadEmailWrong' } : {}),
      ...(this.#input('consent')?.checked ? {} : { consent: 'leadConsentMissing' }),
    };
    this.stage = 'writing';
    const [first] = Object.keys(this.wrong) as Field[];
    if (first) {
      await this.updateComplete;
      return this.#input(first)?.focus();
    }
    this.stage = 'sending';
    try {
      await this.deliver({
        ...{ id: this.#id, name, message: text('message'), reason: this.reason },
        ...(phone && { phone }),
        ...(email && { email }),
        consent: this.consent.version,
        ...(/^https?:$/.test(location.protocol) && { page: location.origin + location.pathname }),
      });
      this.#id = newId();
      this.stage = 'sent';
      await this.updateComplete;
      // The button that had the focus is gone.
      this.querySelector<HTMLElement>('[role=status]')?.focus();
    } catch (error) {
      this.stage = failureOf(error).code === 'rate_limited' ? 'too-many' : 'failed';
    }
  };
}

/** As `crypto.randomUUID()`, which pages without https do not have. */
function newId(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = '89ab'[(bytes[8] ?? 0) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const reasons: Partial<Record<FailureCode, LeadReason>> = {
  outside_hours: 'outside-hours',
  tenant_paused: 'paused',
  budget_exhausted: 'limit',
  concurrency_limit: 'busy',
  rate_limited: 'busy',
  insecure_page: 'microphone',
  unsupported_browser: 'microphone',
};

/**
 * Shows the form, unless that makes no sense: the page may not use the agent, the visitor is in a call elsewhere, or is
 * already trying again.
 * @param code why no one can talk to the visitor
 * @param last the form of an earlier failure, with what was typed
 * @returns the form, for the next failure
 */
export function offerLead(
  code: FailureCode,
  last: LeadElement | null,
  panel: PanelElement,
  { state: { failure, chatFailure } }: CallController,
  settings: Settings,
): LeadElement | null {
  const consent = panel.config?.leads?.consent;
  const isOver = (failure ?? chatFailure)?.code !== code;
  if (!consent || isOver || /^(orig|page|browser)/.test(code)) return last;
  const tag = 'vapi-agent-lead';
  if (!customElements.get(tag)) customElements.define(tag, LeadElement);
  const lead = last ?? (document.createElement(tag) as LeadElement);
  panel.addStyle(leadStyle);
  lead.strings = panel.strings;
  lead.consent = consent;
  lead.reason = reasons[code] ?? (code.startsWith('microphone') ? 'microphone' : 'failure');
  // Where trying again may help, that comes first.
  lead.isOpen ||= !isWorthRetrying(code);
  lead.panel = panel;
  lead.deliver = async (message) => {
    try {
      const api = settings.api();
      const config = panel.config as WidgetConfig;
      const challenge = config.challenge && (await api.solved(config, ''));
      await api.request('leads', { ...message, tenant: config.tenant, challenge });
    } catch (error) {
      // What the visitor has to agree to may have changed.
      settings.forget(true);
      settings.load().then(({ leads }) => {
        if (leads) lead.consent = leads.consent;
      }, ignore);
      throw error;
    }
  };
  panel.extra = lead;
  return lead;
}
