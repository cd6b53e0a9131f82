/** What a client may change about its own agent, as far as its switches allow: hours, greeting and texts, websites. */
import { html } from 'lit';
import type { ChangeOwnSettings, OpeningHours, OwnSettings } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { Form, readForm } from '../forms/form.ts';
import { hoursFields } from '../forms/hours-fields.ts';
import type { WordKey } from '../language/en.ts';
import { isEnglish, say } from '../language/words.ts';
import { get, send } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { commonTexts } from '../pure/common-texts.ts';

const ownTexts: Record<(typeof commonTexts)[number][0], WordKey> = {
  launcher: 'textLauncher',
  greeting: 'textGreeting',
  greetingHelp: 'textGreetingHelp',
  disclosure: 'textDisclosure',
  startCall: 'textStartCall',
  endedHelp: 'textEndedHelp',
  outsideHoursHelp: 'textOutsideHoursHelp',
  consentTitle: 'textConsentTitle',
};

export class OwnSettingsElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = { ...ScopedElement.properties, entered: { state: true } };
  /** What was entered when an interval was added or removed; null = as saved. */
  declare entered: Partial<OwnSettings> | null;

  constructor() {
    super();
    this.entered = null;
  }

  #settings = new Resource<OwnSettings>(this, () => get(this.#path()));
  #form = new Form(this, {
    discarded: () => {
      this.entered = null;
    },
    send: async (body) => {
      const version = this.#settings.data?.version;
      this.#settings.data = await send<OwnSettings>('PATCH', this.#path(), this.#changes(body), version);
      this.entered = null;
    },
  });

  #path(): string {
    return pathOf(this.scope, '/own-settings');
  }

  protected override reload(): void {
    this.entered = null;
    this.#form.reset();
    void this.#settings.load(true);
  }

  /** Each part that is shown as a whole: one whose fields are all empty has no value in the body. */
  #changes(body: Partial<OwnSettings>): ChangeOwnSettings {
    const { hours, texts, origins } = this.scope.access;
    return {
      ...(hours ? { hours: body.hours?.length ? body.hours : null } : {}),
      ...(texts ? { texts: body.texts ?? {} } : {}),
      ...(origins ? { allowedOrigins: body.allowedOrigins ?? [] } : {}),
    };
  }

  protected override render() {
    const may = this.scope.permissions.includes('website.manage');
    return html`<h1>${say('agent')}</h1>
      ${may ? '' : html`<p class="muted">${say('readOnly')}</p>`}
      ${this.#settings.show((settings) => this.#content(settings, may))}`;
  }

  #content(saved: OwnSettings, may: boolean) {
    const settings: OwnSettings = { ...saved, ...this.entered };
    const fields = html`${this.#hours(settings)} ${this.#texts(settings)} ${this.#websites(settings)}`;
    const isStale = this.#form.work.refusal?.code === 'conflict';
    return html`<section>
      ${this.#form.show(fields, say('save'), may)}
      ${isStale ? html`<p><button @click=${this.#again}>${say('discardMine')}</button></p>` : ''}
    </section>`;
  }

  #hours({ hours, timeZone }: OwnSettings) {
    if (!this.scope.access.hours) return '';
    return html`<h2>${say('openingHours')}</h2>
      ${hoursFields(this.#form.errors, 'hours', hours ?? [], timeZone, (how) => this.#change(how))}`;
  }

  #texts({ texts = {} }: OwnSettings) {
    if (!this.scope.access.texts) return '';
    const common = new Set<string>(commonTexts.map(([key]) => key));
    const one = (key: string, label: string, placeholder: string) =>
      field(this.#form.errors, { name: `texts.${key}`, label, value: texts[key], placeholder, rows: 2 });
    const others = Object.keys(texts).filter((key) => !common.has(key));
    return html`<h2>${say('greetingAndTexts')}</h2>
      <p class="muted small">${say('textsHelp')}</p>
      <div class="fields">
        ${commonTexts.map(([key, , text]) => one(key, say(ownTexts[key]), isEnglish() ? text : ''))} ${others.map((key) => one(key, key, ''))}
      </div>`;
  }

  #websites({ allowedOrigins }: OwnSettings) {
    if (!this.scope.access.origins) return '';
    return html`<h2>${say('websites')}</h2>
      <div class="fields">
        ${field(this.#form.errors, {
          ...{ name: 'allowedOrigins', label: say('addresses'), as: 'lines', rows: 4, value: allowedOrigins },
          empty: 'keep',
          isBroad: true,
          hint: say('websitesHelp'),
        })}
      </div>`;
  }

  /** Keeps all else that was entered. */
  async #change(how: (entered: OpeningHours) => OpeningHours): Promise<void> {
    const form = this.renderRoot.querySelector('form');
    if (!form) return;
    const body = readForm(form, {}, 'usd').body as Partial<OwnSettings>;
    this.entered = { texts: {}, ...body, hours: how(body.hours ?? []) };
    this.#form.reset();
    this.#form.touch();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#add')?.focus();
  }

  #again = () => {
    this.entered = null;
    this.#form.reset();
    void this.#settings.load(true);
  };
}
customElements.define('own-settings-view', OwnSettingsElement);
