/** The portal's frame: who is signed in, the navigation, and the view named by the address. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { MeAnswer } from '../contract.ts';
import { get, post, signedOut } from './parts/api.ts';
import { applyBranding, brandingChanged } from './parts/branding.ts';
import { linkForm } from './parts/link-form.ts';
import './parts/person-bar.ts';
import { Resource } from './parts/resource.ts';
import { shared } from './parts/style.ts';
import { clientLinks, tenantView } from './views/tenant-views.ts';

export class PortalAppElement extends LitElement {
  static override styles = [
    shared,
    css`
      header { border-bottom: 1px solid var(--line); border-top: 4px solid var(--accent); background: var(--card); }
      .inner { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; max-width: 64rem; min-height: 4rem;
        margin: 0 auto; padding: 0.5rem 1rem; }
      .name { margin-right: auto; font-weight: 700; overflow-wrap: anywhere; }
      .name img { display: block; height: 2.25rem; max-width: 12rem; object-fit: contain; object-position: left; }
      nav { display: flex; flex-wrap: wrap; gap: 0 1rem; }
      nav a { padding: 0.6rem 0; color: inherit; text-decoration: none; border-bottom: 3px solid transparent; }
      nav a[aria-current='page'] { border-bottom-color: var(--accent); font-weight: 600; }
      main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; outline: 0; }
      main[tabindex]:focus-visible { outline: 0; }
      @media (max-width: 44rem) {
        .inner { align-content: start; min-height: 7.25rem; }
        .name { flex: 1; }
        nav { order: 3; width: 100%; }
      }
      .skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--card); }
      .skip:focus { top: 1rem; }
    `,
  ];
  static override properties = {
    route: { state: true },
    query: { state: true },
    isOut: { state: true },
    said: { state: true },
  };
  /** The address after the hash, split at slashes. */
  declare route: string[];
  /** Its part behind a question mark, which only a list has. */
  declare query: string;
  declare isOut: boolean;
  /** Announced after a change of view. */
  declare said: string;

  constructor() {
    super();
    this.route = routeIn(location.hash);
    this.query = queryIn(location.hash);
    this.isOut = false;
    this.said = '';
  }

  /** Loaded only for the operator. */
  #operator: typeof import('./views/operator-views.ts') | null = null;
  #me = new Resource<MeAnswer>(this, async () => {
    const me = await get<MeAnswer>('me');
    applyBranding(me.branding);
    if (me.role === 'operator') this.#operator ??= await import('./views/operator-views.ts');
    return me;
  });

  protected override updated(): void {
    this.#nameTab();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#go);
    addEventListener(signedOut, this.#leave);
    addEventListener(brandingChanged, this.#look);
    void this.#me.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#go);
    removeEventListener(signedOut, this.#leave);
    removeEventListener(brandingChanged, this.#look);
  }

  protected override render() {
    const { data: me } = this.#me;
    if (this.isOut) return frame(me, html`${signedOutView(me)}`);
    return frame(
      me,
      this.#me.show((known) => this.#view(known)),
      this.#navigation(me),
      this.said,
    );
  }

  #navigation(me: MeAnswer | null) {
    if (!me) return '';
    const links: readonly (readonly [string, string])[] = this.#operator?.operatorLinks ?? clientLinks(me);
    const [first = ''] = this.route;
    const current = /^(tenants|new-client)$/.test(first) ? '' : first;
    return html`<nav aria-label="Portal">
        ${links.map(([view, label]) => html`<a href="#/${view}" aria-current=${current === view ? 'page' : 'false'}>${label}</a>`)}
      </nav>
      <button @click=${this.#signOut}>Sign out</button>`;
  }

  #view(me: MeAnswer): TemplateResult {
    const { tenant, mayWrite, access, now } = me;
    if (this.#operator) return this.#operator.operatorView(me, this.route, this.query);
    if (!tenant) return html`<h1>Page not found</h1>`;
    const { slug, name, timeZone } = tenant;
    const as = { isOperator: false, mayWrite, access, hasStripe: false, canTalk: false } as const;
    return tenantView({ slug, name, timeZone, base: '#', ...as, now }, this.route);
  }

  /** Moves the focus to the new view and announces its name: nothing else tells a screen reader about the change. */
  #go = async () => {
    const [route, query] = [routeIn(location.hash), queryIn(location.hash)];
    // Another page of the same list: the focus stays in its search or heading, and the list announces itself.
    const isSameView = query !== this.query && route.join('/') === this.route.join('/');
    this.query = query;
    if (isSameView) return;
    this.route = route;
    this.said = this.#title();
    await this.updateComplete;
    scrollTo(0, 0);
    this.renderRoot.querySelector('main')?.focus({ preventScroll: true });
  };

  #nameTab(): void {
    const { data: me } = this.#me;
    if (me)
      document.title = `${this.isOut ? 'Signed out' : this.#title()} – ${me.branding.name ?? 'Voice portal'}`;
  }

  #title(): string {
    const { data: me } = this.#me;
    const rest = me?.role === 'operator' && this.route[0] === 'tenants' ? this.route.slice(2) : this.route;
    const names: Record<string, string> = {
      calls: rest[1] ? 'Call' : 'Calls',
      invoices: rest[1] ? 'Invoice' : 'Invoices',
      billing: 'Billing',
      site: 'Website',
      settings: 'Settings',
      privacy: 'Privacy',
      connection: 'Connection',
      close: 'Month-end',
      attention: 'Needs attention',
      agency: 'Your agency',
      'new-client': 'New client',
      team: 'Team',
      people: 'People',
      audit: 'Audit log',
      sessions: 'Your sessions',
    };
    const start = me?.role === 'operator' && this.route[0] !== 'tenants' ? 'Clients' : 'This month';
    const whose = me?.role === 'operator' && this.route[0] === 'tenants' ? `${this.route[1]}: ` : '';
    return `${whose}${names[rest[0] ?? ''] ?? start}`;
  }

  #look = () => {
    void this.#me.load();
  };

  #leave = () => {
    this.isOut = true;
  };

  #signOut = async () => {
    // Whatever the server answers: after signing out, nothing is shown here any longer.
    await post('sign-out').catch(() => {});
    this.isOut = true;
  };
}
customElements.define('portal-app', PortalAppElement);

function queryIn(hash: string): string {
  return /\?(.*)/.exec(hash)?.[1] ?? '';
}

function routeIn(hash: string): string[] {
  return hash
    .replace(/\?.*/, '')
    .replace(/^#?\/?/, '')
    .split('/')
    .filter(Boolean)
    .map(decode);
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

function frame(
  me: MeAnswer | null,
  content: TemplateResult,
  navigation: TemplateResult | string = '',
  said = '',
) {
  const { name, logoUrl } = me?.branding ?? {};
  const title = name ?? 'Voice portal';
  return html`<header>
      <button class="skip" @click=${skip}>Skip to content</button>
      <div class="inner">
        <div class="name">${me && logoUrl ? html`<img src=${logoUrl} alt=${title}>` : me ? title : ''}</div>
        ${navigation}
      </div>
    </header>
    <p class="unseen" role="status">${said}</p>
    ${me && navigation ? html`<person-bar .me=${me}></person-bar>` : ''}
    <main id="main" tabindex="-1">${content}</main>`;
}

/** A button, not a link: the address names the view, not a place on the page. */
function skip(event: Event): void {
  const root = (event.target as HTMLElement).getRootNode() as ShadowRoot;
  root.querySelector('main')?.focus();
}

function signedOutView(me: MeAnswer | null) {
  const who = me?.branding.name ?? 'the operator of this service';
  return html`<section>
    <h1>You are signed out</h1>
    <p>Have a sign-in link sent to you, or ask ${who} for one.</p>
    ${linkForm()}
    <p class="muted small">Operators create their own with <code>vapi-agent sign-in-link</code>.</p>
  </section>`;
}
