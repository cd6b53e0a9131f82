/** One client for the operator: the client's views with cost and margin, plus settings and actions. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { DeletedTenant, MeAnswer, SetupAnswer, SignInLinkAnswer, TenantView } from '../../contract.ts';
import { get, getAll, post, Refusal } from '../parts/api.ts';
import './billing-view.ts';
import './invoice-actions.ts';
import { confirm } from '../parts/confirm.ts';
import '../parts/copy-field.ts';
import '../parts/dismiss-box.ts';
import { lazily } from '../parts/lazy.ts';
import { Resource } from '../parts/resource.ts';
import '../parts/setup-steps.ts';
import type { Scope } from '../parts/scope.ts';
import { moment } from '../pure/format.ts';
import './settings-view.ts';
import { shared } from '../parts/style.ts';
import { showCurrentTab, tabStyle, tabs } from '../parts/tabs.ts';
import { toast } from '../parts/toast.ts';
import { Work } from '../parts/work.ts';
import { isShown, leadsView, privacyView, sharedTabs, tenantView } from './tenant-views.ts';
import { stateBadge } from './tenants-view.ts';

export class TenantPageElement extends LitElement {
  static override styles = [
    shared,
    tabStyle,
    css`
      .crumb { margin-bottom: 0.5rem; }
      .who { margin-bottom: 0.75rem; }
      .who > .name { margin: 0 auto 0 0; font-size: 1.25rem; font-weight: 600; line-height: 1.75rem; letter-spacing: -0.01em;
        overflow-wrap: anywhere; }
      .chips { display: flex; flex-wrap: wrap; gap: 0.375rem; margin-bottom: 0.75rem; }
    `,
  ];
  static override properties = {
    setup: { state: true },
    slug: { attribute: false },
    rest: { attribute: false },
    query: { attribute: false },
    me: { attribute: false },
    link: { state: true },
  };
  declare slug: string;
  /** The route after the tenant: `calls`, an id, … */
  declare rest: string[];
  /** The part of the address behind a question mark. */
  declare query: string;
  declare me: MeAnswer;
  declare link: SignInLinkAnswer | null;
  /** How far the client is set up, once that is known. */
  declare setup: SetupAnswer | null;

  constructor() {
    super();
    this.setup = null;
    this.rest = [];
    this.query = '';
    this.link = null;
  }

  /** A deleted tenant is found by its id; its books remain. */
  #tenant = new Resource<TenantView | DeletedTenant>(this, () =>
    this.slug.startsWith('ten_') ? findDeleted(this.slug) : get(this.#path()),
  );
  #work = new Work(this);
  /** The tab that was scrolled to. */
  #shownTab: string | null = null;

  #path(): string {
    return `tenants/${encodeURIComponent(this.slug)}`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('slug')) return;
    this.link = null;
    this.setup = null;
    this.#work.clear();
    void this.#tenant.load(true);
  }

  protected override updated(): void {
    // Each time: the tabs appear only once the client is loaded.
    const current = this.rest[0] ?? '';
    if (this.#shownTab === current) return;
    if (this.renderRoot.querySelector('.tabs')) this.#shownTab = current;
    showCurrentTab(this.renderRoot);
  }

  protected override render() {
    return html`<p class="crumb small"><a href="#/clients">All clients</a></p>
      ${this.#tenant.show((tenant) => ('deletedAt' in tenant ? this.#deleted(tenant) : this.#page(tenant)))}`;
  }

  #page(tenant: TenantView) {
    const { rest } = this;
    const { name, status } = tenant;
    const scope = this.#scope(tenant);
    return html`<div class="row who">
        <h2 class="name">${name}</h2>
        ${scope.mayWrite ? this.#actions(tenant) : ''}
      </div>
      <div class="chips">${stateBadge(status)} ${this.setup ? health(this.setup) : ''}</div>
      ${this.#work.show()} ${this.link ? this.#linkBox(this.link, scope) : ''}
      ${tabs(name, scope.base, [...sharedTabs, ...ownTabs.filter(([view]) => isShown(this.me, view))], rest[0] ?? '')}
      <setup-steps .scope=${scope} .sites=${tenant.allowedOrigins} .item=${`${tenant.updatedAt} ${this.rest.join('/')} ${this.link?.expiresAt ?? ''}`}
        @setup-loaded=${this.#known}></setup-steps>
      <div @tenant-saved=${this.#saved}>${ownView(scope, tenant, rest[0] ?? '') ?? tenantView(scope, rest, this.query)}</div>`;
  }

  #known = ({ detail }: CustomEvent<SetupAnswer>) => {
    this.setup = detail;
  };

  #deleted({ name, deletedAt, timeZone, ...tenant }: DeletedTenant) {
    const scope = this.#scope({ name, timeZone });
    return html`<div class="row who"><h2 class="name">${name}</h2></div>
      <div class="chips"><span class="badge warn">deleted</span></div>
      <p class="muted small">Deleted on ${moment(deletedAt, timeZone)}; its handle was “${tenant.slug}”. Its calls and invoices remain.</p>
      ${tabs(name, scope.base, sharedTabs, this.rest[0] ?? '')}
      ${tenantView(scope, this.rest, this.query)}`;
  }

  #scope({ name, timeZone }: Pick<TenantView, 'name' | 'timeZone'>): Scope {
    const { mayWrite, permissions, access, now, stripe: hasStripe = false, talk: canTalk = false } = this.me;
    const base = `#/tenants/${this.slug}`;
    return {
      slug: this.slug,
      name,
      timeZone,
      base,
      isOperator: true,
      mayWrite,
      permissions,
      access,
      hasStripe,
      canTalk,
      now,
    };
  }

  #saved = ({ detail }: CustomEvent<TenantView>) => {
    this.#tenant.data = detail;
    this.requestUpdate();
  };

  #actions({ name, status }: TenantView) {
    const pause = {
      title: `Pause ${name}?`,
      text: 'Agents stop answering; calls in progress end now. The client can still sign in here.',
      action: 'Pause',
      danger: true,
    };
    const resume = { title: `Resume ${name}?`, text: 'Its agents answer calls again.', action: 'Resume' };
    const { isBusy } = this.#work;
    return html`<button aria-disabled=${isBusy} @click=${this.#makeLink}>Create sign-in link</button>
      ${
        status === 'active'
          ? html`<button class="danger" aria-disabled=${isBusy} @click=${() => this.#change('pause', pause)}>Pause</button>`
          : html`<button aria-disabled=${isBusy} @click=${() => this.#change('resume', resume)}>Resume</button>`
      }`;
  }

  #linkBox({ url, expiresAt }: SignInLinkAnswer, { timeZone }: Scope) {
    return html`<section>
      <p>Send this link to your client. It works once, until ${moment(expiresAt, timeZone)} (${timeZone}).</p>
      <copy-field .label=${'Sign-in link'} .text=${url}></copy-field>
    </section>`;
  }

  #makeLink = () =>
    this.#work.do(async () => {
      this.link = await post<SignInLinkAnswer>('sign-in-links', { tenant: this.slug });
    });

  async #change(to: 'pause' | 'resume', question: Parameters<typeof confirm>[0]): Promise<void> {
    if (!(await confirm(question))) return;
    const isDone = await this.#work.do(async () => {
      await post(`${this.#path()}/${to}`);
      await this.#tenant.load();
    });
    if (isDone) toast(to === 'pause' ? 'Paused.' : 'Resumed.');
  }
}
customElements.define('tenant-page', TenantPageElement);

async function findDeleted(id: string): Promise<DeletedTenant> {
  const all = await getAll<'tenants', DeletedTenant>('billing/deleted-tenants?limit=200', 'tenants');
  const found = all.find((tenant) => tenant.id === id);
  if (!found) throw new Refusal(404, 'not_found', 'No such client.');
  return found;
}

/** Tabs that only the operator has. */
const ownTabs = [
  leadsView,
  ['billing', 'Billing'],
  ['site', 'Website'],
  ['results', 'Results'],
  ['settings', 'Settings'],
  ['phone', 'Phone'],
  ['connection', 'Connection'],
  ['people', 'People'],
  privacyView,
] as const;

function ownView(scope: Scope, tenant: TenantView, view: string): TemplateResult | null {
  if (view === 'billing') return html`<billing-view .scope=${scope}></billing-view>`;
  if (view === 'site') {
    lazily(() => import('./site-view.ts'));
    return html`<site-view .scope=${scope} .tenant=${tenant}></site-view>`;
  }
  if (view === 'results') {
    lazily(() => import('./results-view.ts'));
    return html`<results-view .scope=${scope} .tenant=${tenant}></results-view>`;
  }
  if (view === 'connection') {
    lazily(() => import('./doctor-view.ts'));
    return html`<doctor-view .scope=${scope}></doctor-view>`;
  }
  if (view === 'phone') {
    lazily(() => import('./phone-view.ts'));
    return html`<phone-view .scope=${scope} .tenant=${tenant}></phone-view>`;
  }
  if (view === 'settings') return html`<settings-view .scope=${scope} .tenant=${tenant}></settings-view>`;
  return null;
}

/** What is set up, and what is not yet, in a word each. */
function health({ connected, snippetSeen, plan, invited }: SetupAnswer) {
  const chip = (isGood: boolean, good: string, missing: string) =>
    html`<span class="badge ${isGood ? 'good' : 'muted'}">${isGood ? good : missing}</span>`;
  return html`${chip(connected, 'Connected', 'Not connected')} ${chip(snippetSeen !== null, 'Snippet seen', 'No snippet seen')}
    ${chip(plan, 'Plan', 'No plan')} ${chip(invited !== null, 'Invited', 'Not invited')}`;
}
