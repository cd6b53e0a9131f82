/** One client as the operator sees it: what the client sees, with cost and margin, and what the operator can do. */
import { html, LitElement, type PropertyValues } from 'lit';
import type { SignInLinkAnswer, TenantView } from '../contract.ts';
import { get, post, Refusal } from './api.ts';
import { confirm } from './confirm.ts';
import { moment } from './format.ts';
import { Resource } from './resource.ts';
import type { Scope } from './scope.ts';
import { shared } from './style.ts';
import { tenantView, viewNames } from './tenant-views.ts';
import { stateBadge } from './tenants-view.ts';

export class TenantPageElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    slug: { attribute: false },
    rest: { attribute: false },
    mayWrite: { attribute: false },
    now: { attribute: false },
    link: { state: true },
    isCopied: { state: true },
    problem: { state: true },
    isBusy: { state: true },
  };
  declare slug: string;
  /** The route behind the tenant: `calls`, an id, … */
  declare rest: string[];
  declare mayWrite: boolean;
  declare now: string;
  declare link: SignInLinkAnswer | null;
  declare isCopied: boolean;
  declare problem: string | null;
  declare isBusy: boolean;

  constructor() {
    super();
    this.rest = [];
    this.link = null;
    this.isCopied = false;
    this.problem = null;
    this.isBusy = false;
  }

  #tenant = new Resource<TenantView>(this, () => get(this.#path()));

  #path(): string {
    return `tenants/${encodeURIComponent(this.slug)}`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('slug')) return;
    this.link = null;
    this.problem = null;
    void this.#tenant.load(true);
  }

  protected override render() {
    return html`<p><a href="#/">All clients</a></p>
      ${this.#tenant.show((tenant) => this.#page(tenant))}`;
  }

  #page(tenant: TenantView) {
    const { slug, mayWrite, now, rest, problem } = this;
    const { name, timeZone, status } = tenant;
    const base = `#/tenants/${slug}`;
    const scope: Scope = { slug, name, timeZone, base, isOperator: true, mayWrite, now };
    return html`<section>
        <div class="row">
          <h2>${name} ${stateBadge(status)}</h2>
          ${mayWrite ? this.#actions(tenant) : ''}
        </div>
        <nav class="row" aria-label=${name}>
          ${viewNames.map(
            ([view, label]) =>
              html`<a href="${base}${view ? `/${view}` : ''}" aria-current=${(rest[0] ?? '') === view ? 'page' : 'false'}>${label}</a>`,
          )}
        </nav>
        ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''} ${this.link ? this.#linkBox(this.link, scope) : ''}
      </section>
      ${tenantView(scope, rest)}`;
  }

  #actions({ name, status }: TenantView) {
    const pause = {
      title: `Pause ${name}?`,
      text: 'Its agents answer nobody, and calls in progress are ended. The client can still sign in here.',
      action: 'Pause',
      danger: true,
    };
    const resume = { title: `Let ${name} go on?`, text: 'Its agents answer calls again.', action: 'Resume' };
    return html`<button ?disabled=${this.isBusy} @click=${this.#makeLink}>Make a sign-in link</button>
      ${
        status === 'active'
          ? html`<button class="danger" ?disabled=${this.isBusy} @click=${() => this.#change('pause', pause)}>Pause</button>`
          : html`<button ?disabled=${this.isBusy} @click=${() => this.#change('resume', resume)}>Resume</button>`
      }`;
  }

  #linkBox({ url, expiresAt }: SignInLinkAnswer, { timeZone }: Scope) {
    return html`<div>
      <p>Send this to your client. It opens their portal once, until ${moment(expiresAt, timeZone)} (${timeZone}).</p>
      <p class="row">
        <label>Sign-in link <input readonly size="40" .value=${url} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label>
        <button @click=${() => this.#copy(url)}>Copy</button>
        <span role="status">${this.isCopied ? 'Copied.' : ''}</span>
      </p>
    </div>`;
  }

  #makeLink = () =>
    this.#do(async () => {
      this.isCopied = false;
      this.link = await post<SignInLinkAnswer>('sign-in-links', { tenant: this.slug });
    });

  async #copy(url: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      this.isCopied = true;
    } catch {
      // Without the permission, or without https, the person copies it from the field.
      this.renderRoot.querySelector('input')?.focus();
    }
  }

  async #change(to: 'pause' | 'resume', question: Parameters<typeof confirm>[0]): Promise<void> {
    if (!(await confirm(question))) return;
    await this.#do(async () => {
      await post(`${this.#path()}/${to}`);
      await this.#tenant.load();
    });
  }

  async #do(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = error instanceof Refusal ? error.message : 'That did not work.';
    }
    this.isBusy = false;
  }
}
customElements.define('tenant-page', TenantPageElement);
