/** The tenant that the element names: its server, its settings, and what its visitors must agree to. */
import type { WidgetConfig } from '../../server/contract.ts';
import type { AgentElement, Settings } from '../call-host.ts';
import { forgetConsent, hasConsented, rememberConsent } from '../consent-memory.ts';
import { CallError } from '../failure.ts';
import { createSessionApi, type SessionApi } from '../session-api.ts';
import { ignore } from '../waiting.ts';
import type { Announcer } from './announcer.ts';
import type { PanelElement } from './panel.ts';

/** Apart from its use, which the build would take for a file to include. */
const ownUrl = import.meta.url;

/** Where the settings are shown. */
export type Shown = Pick<PanelElement, 'config' | 'hasConsent'>;

export class TenantSettings implements Settings {
  /** Changes when a router replaces the element during a call. */
  element: AgentElement;
  #panel: Shown;
  #announcer: Announcer;
  #scriptUrl: string;
  #request: Promise<WidgetConfig> | null = null;
  #requestedFor = '';
  /** Something was refused that may have changed at the server: no cache is asked. */
  #isRefused = false;
  /** Resolves the visitor's consent. */
  agree: () => void = ignore;

  constructor(element: AgentElement, panel: Shown, announcer: Announcer, scriptUrl: string) {
    this.element = element;
    this.#panel = panel;
    this.#announcer = announcer;
    this.#scriptUrl = scriptUrl;
  }

  server(): string {
    // A launcher that runs as a classic script does not know its address; this chunk is one folder below it.
    const from = this.#scriptUrl ? new URL('.', this.#scriptUrl) : new URL('..', ownUrl);
    const server = this.element.getAttribute('server') ?? from;
    return new URL(server, document.baseURI).href;
  }

  api(): SessionApi {
    const tenant = this.element.getAttribute('tenant');
    if (!tenant) throw new CallError('misconfigured', '<vapi-agent> needs the attribute "tenant"');
    const assistant = this.element.getAttribute('assistant') || undefined;
    return createSessionApi(
      this.server(),
      { tenant, assistant },
      () => this.#panel.config,
      () => this.element.getAttribute('identity'),
    );
  }

  /**
   * Requested once, on intent; only a call waits for them, because they contain what the visitor must agree to. After a
   * failure they are requested again.
   */
  load(): Promise<WidgetConfig> {
    const key = `${this.server()} ${this.element.getAttribute('tenant')}`;
    if (this.#request && this.#requestedFor === key) return this.#request;
    this.#requestedFor = key;
    const request = new Promise<WidgetConfig>((resolve) => resolve(this.api().widgetConfig(this.#isRefused)));
    this.#request = request;
    request.then(
      (settings) => {
        if (this.#request !== request) return;
        this.#panel.config = settings;
        this.#panel.hasConsent = !!settings.consent && isAgreed(settings);
      },
      () => {
        if (this.#request === request) this.#request = null;
      },
    );
    return request;
  }

  /** They are requested again when next needed. @param isRefused past any cache */
  forget(isRefused = false): void {
    this.#request = null;
    this.#isRefused = isRefused;
  }

  consent(ask: () => void): Promise<void> | null {
    const { config } = this.#panel;
    // Usually already known: the start then continues synchronously, before the panel is drawn.
    return this.#request && config && isAgreed(config) ? null : this.#agreement(ask);
  }

  async #agreement(ask: () => void): Promise<void> {
    const settings = await this.load();
    const { tenant, consent } = settings;
    if (!consent || isAgreed(settings)) return;
    await new Promise<void>((resolve) => {
      this.agree = resolve;
      ask();
    });
    rememberConsent(tenant, consent.version);
    this.#setConsent(consent.version, true);
  }

  async withdrawConsent(): Promise<void> {
    // Without settings there was no call, so nothing can have been agreed to on this page.
    const settings = await this.load().catch(() => null);
    if (!settings?.consent) return;
    forgetConsent(settings.tenant);
    this.#setConsent(settings.consent.version, false);
  }

  #setConsent(version: string, given: boolean): void {
    this.#panel.hasConsent = given;
    this.#announcer.emit('vapi-agent-consent', { version, given });
  }
}

const isAgreed = ({ tenant, consent }: WidgetConfig): boolean =>
  !consent || hasConsented(tenant, consent.version);
