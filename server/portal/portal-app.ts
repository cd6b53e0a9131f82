/** The portal's frame: who is signed in, the navigation, and the view named by the address. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { AttentionAnswer, MeAnswer } from '../contract.ts';
import { say } from './language/words.ts';
import { get, post, signedOut } from './parts/api.ts';
import { applyBranding, brandingChanged } from './parts/branding.ts';
import { icon } from './parts/icons.ts';
import { speakLanguage } from './parts/language.ts';
import { lazily, notLoaded } from './parts/lazy.ts';
import { linkForm } from './parts/link-form.ts';
import { labelOf, type NavEntry, navigation, navigationStyle } from './parts/navigation.ts';
import type { PaletteElement } from './parts/palette.ts';
import './parts/person-bar.ts';
import { Resource } from './parts/resource.ts';
import { shared } from './parts/style.ts';
import { discardUnsaved, hasUnsaved } from './parts/unsaved.ts';
import { addressIn, movedTo } from './pure/address.ts';
import { clientEntries, clientTabs, pageTitle, tenantView } from './views/tenant-views.ts';

export class PortalAppElement extends LitElement {
  static override styles = [
    shared,
    navigationStyle,
    css`
      :host { display: grid; grid-template-columns: 14.5rem minmax(0, 1fr); }
      header { position: sticky; top: 0; display: flex; flex-direction: column; gap: 1rem; height: 100vh; padding: 1rem 0.75rem;
        overflow-y: auto; border-inline-end: 1px solid var(--line); background: var(--card); }
      .name { min-height: 2.25rem; padding: 0 0.625rem; font-size: 1rem; font-weight: 600; line-height: 1.5rem; overflow-wrap: anywhere; }
      .name img { display: block; height: 2.25rem; max-width: 100%; object-fit: contain; object-position: left; }
      .find { justify-content: start; padding: 0 0.625rem; color: var(--muted); font-weight: 400; }
      .end { margin-top: auto; }
      .end button { width: 100%; border-color: transparent; color: var(--muted); background: none; justify-content: start; padding: 0 0.625rem; }
      .end button:hover { background: var(--raised); color: var(--text); }
      main { width: 100%; max-width: 80rem; margin: 0 auto; padding: 1.5rem 2rem 4rem; outline: 0; }
      main[tabindex]:focus-visible { outline: 0; }
      /* A view that is still being loaded. */
      main > :not(:defined) { display: block; min-height: 20rem; border-radius: 0.625rem; background: var(--card); }
      .skip { position: absolute; z-index: 3; inset-inline-start: 1rem; top: -4rem; }
      .skip:focus { top: 1rem; }
      @media (max-width: 52rem) {
        :host { display: block; }
        header { position: static; flex-direction: row; align-items: center; height: auto; min-height: 3.5rem; padding: 0 1rem;
          border-inline-end: 0; border-bottom: 1px solid var(--line); }
        .name { display: grid; flex: 1; align-items: center; min-width: 0; padding: 0; }
        .find { border-color: transparent; background: none; }
        .find span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .end { margin: 0; }
        .end button { padding: 0; }
        main { padding: 1rem 1rem calc(1.5rem + var(--tabs)); }
      }
    `,
  ];
  static override properties = {
    route: { state: true },
    query: { state: true },
    isOut: { state: true },
    isOutdated: { state: true },
    said: { state: true },
  };
  /** The address after the hash, split at slashes. */
  declare route: string[];
  /** Its part behind a question mark, which only a list has. */
  declare query: string;
  declare isOut: boolean;
  /** A part of the portal could not be loaded. */
  declare isOutdated: boolean;
  /** Announced after a change of view. */
  declare said: string;

  constructor() {
    super();
    const { route, query } = addressIn(location.hash);
    this.route = route;
    this.query = query;
    this.isOut = false;
    this.isOutdated = false;
    this.said = '';
  }

  /** Loaded only for the operator. */
  #operator: typeof import('./views/operator-views.ts') | null = null;
  #me = new Resource<MeAnswer>(this, async () => {
    const me = await get<MeAnswer>('me');
    applyBranding(me.branding);
    if (me.role === 'client') await speakLanguage();
    if (me.role === 'operator') this.#operator ??= await import('./views/operator-views.ts');
    const moved = this.#operator && movedTo(addressIn(location.hash));
    if (moved) location.replace(moved);
    if (this.#operator) void this.#attention.load();
    return me;
  });

  /** How much needs attention: the number in the navigation. An answer that fails shows none. */
  #attention = new Resource<AttentionAnswer>(this, () => get('attention?limit=1'));

  /** The address of what is shown. */
  #shown = location.hash;

  protected override updated(): void {
    this.#nameTab();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#go);
    addEventListener(signedOut, this.#leave);
    addEventListener(brandingChanged, this.#look);
    addEventListener(notLoaded, this.#miss);
    addEventListener('keydown', this.#keys);
    void this.#me.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#go);
    removeEventListener(signedOut, this.#leave);
    removeEventListener(brandingChanged, this.#look);
    removeEventListener(notLoaded, this.#miss);
    removeEventListener('keydown', this.#keys);
  }

  protected override render() {
    const { data: me } = this.#me;
    if (this.isOut) return frame(me, html`${signedOutView(me)}`);
    const content = this.isOutdated ? outdatedView() : this.#me.show((known) => this.#view(known));
    return frame(me, content, this.#navigation(me), this.said);
  }

  #entries(): readonly NavEntry[] {
    const count = this.#attention.data?.total ?? null;
    if (this.#operator) return this.#operator.operatorEntries(count);
    const { data: me } = this.#me;
    return me ? clientEntries(me) : [];
  }

  #navigation(me: MeAnswer | null) {
    if (!me) return '';
    const entries = this.#entries();
    return html`${this.#operator ? html`<button class="find" aria-keyshortcuts="Control+K Meta+K" @click=${this.#find}>${icon('search')}<span>Search</span></button>` : ''}
      ${navigation(entries, this.route[0] ?? '', me)}
      <div class="end"><button @click=${this.#signOut}>${say('signOut')}</button></div>
      ${this.#operator ? html`<portal-palette></portal-palette>` : ''}`;
  }

  #view(me: MeAnswer): TemplateResult {
    const { tenant, mayWrite, permissions, access, now } = me;
    if (this.#operator) return this.#operator.operatorView(me, this.route, this.query);
    if (!tenant) return html`<h1>${say('pageMissing')}</h1>`;
    const { slug, name, timeZone } = tenant;
    const as = {
      isOperator: false,
      mayWrite,
      permissions,
      access,
      hasStripe: false,
      canTalk: false,
    } as const;
    const view = tenantView({ slug, name, timeZone, base: '#', ...as, now }, this.route, this.query);
    return html`${clientTabs(me, this.route)}${view}`;
  }

  /** Moves the focus to the new view and announces its name: nothing else tells a screen reader about the change. */
  #go = async () => {
    const hash = location.hash;
    const address = addressIn(hash);
    const { route, query } = address;
    if (hash === this.#shown) return;
    const moved = this.#operator && movedTo(address);
    if (moved) return location.replace(moved);
    // Another page of the same list: the focus stays in its search or heading, and the list announces itself.
    const isSameView = query !== this.query && route.join('/') === this.route.join('/');
    if (!isSameView && hasUnsaved()) {
      history.replaceState(null, '', this.#shown || '#/');
      if (await this.#mayLeave()) location.hash = hash;
      return;
    }
    this.#shown = hash;
    this.query = query;
    if (isSameView) return;
    // Something may have been mended.
    if (this.#operator) void this.#attention.load();
    this.route = route;
    this.said = this.#title();
    await this.updateComplete;
    scrollTo(0, 0);
    this.renderRoot.querySelector('main')?.focus({ preventScroll: true });
  };

  /** Asks before what was entered is lost. */
  async #mayLeave(): Promise<boolean> {
    const { confirm } = await import('./parts/confirm.ts');
    const question = {
      title: say('leaveTitle'),
      text: say('leaveHelp'),
      action: say('discard'),
      danger: true,
    };
    const isFree = await confirm(question);
    if (isFree) discardUnsaved();
    return isFree;
  }

  #nameTab(): void {
    const { data: me } = this.#me;
    if (me)
      document.title = `${this.isOut ? say('signedOut') : this.#title()} – ${me.branding.name ?? say('voicePortal')}`;
  }

  #title(): string {
    const [first = '', slug, ...rest] = this.route;
    const { data: me } = this.#me;
    if (!me) return say('pageMissing');
    if (this.#operator && first === 'tenants' && slug) return `${slug}: ${pageTitle(rest, me)}`;
    if (this.#operator)
      return this.#operator.operatorTitle(this.route) ?? labelOf(this.#entries(), first) ?? 'Page not found';
    return pageTitle(this.route, me);
  }

  #find = () => {
    lazily(async () => {
      await import('./parts/palette.ts');
      const palette = this.renderRoot.querySelector('portal-palette') as PaletteElement | null;
      if (palette) palette.entries = this.#entries();
      await palette?.open();
    });
  };

  #keys = (event: KeyboardEvent) => {
    if (
      event.key.toLowerCase() !== 'k' ||
      !(event.ctrlKey || event.metaKey) ||
      event.shiftKey ||
      event.altKey
    )
      return;
    if (!this.#operator || this.isOut) return;
    event.preventDefault();
    this.#find();
  };

  #miss = () => {
    this.isOutdated = true;
  };

  #look = () => {
    void this.#me.load();
  };

  #leave = () => {
    this.isOut = true;
  };

  #signOut = async () => {
    if (hasUnsaved() && !(await this.#mayLeave())) return;
    // Whatever the server answers: after signing out, nothing is shown here any longer.
    await post('sign-out').catch(() => {});
    this.isOut = true;
  };
}
customElements.define('portal-app', PortalAppElement);

function frame(
  me: MeAnswer | null,
  content: TemplateResult,
  navigation: TemplateResult | string = '',
  said = '',
) {
  const { name, logoUrl } = me?.branding ?? {};
  const title = name ?? say('voicePortal');
  return html`<header>
      <button class="skip" @click=${skip}>${say('skip')}</button>
      <div class="name">${me && logoUrl ? html`<img src=${logoUrl} alt=${title}>` : me ? title : ''}</div>
      ${navigation}
    </header>
    <div>
      <p class="unseen" role="status">${said}</p>
      ${me && navigation ? html`<person-bar .me=${me}></person-bar>` : ''}
      <main id="main" tabindex="-1">${content}</main>
    </div>`;
}

/** A button, not a link: the address names the view, not a place on the page. */
function skip(event: Event): void {
  const root = (event.target as HTMLElement).getRootNode() as ShadowRoot;
  root.querySelector('main')?.focus();
}

function signedOutView(me: MeAnswer | null) {
  lazily(() => import('./parts/passkey-button.ts'));
  const name = me?.branding.name ?? say('theOperator');
  return html`<section>
    <h1>${say('signedOutTitle')}</h1>
    <p>${say('signedOutHelp', { name })}</p>
    ${linkForm()}
    <passkey-button></passkey-button>
    <p><a href="link">${say('otherWays')}</a></p>
    ${me?.role === 'client' ? '' : html`<p class="muted small">Operators create their own with the command <code>sign-in-link</code>.</p>`}
  </section>`;
}

function outdatedView() {
  return html`<section role="alert">
    <h1>${say('outdatedTitle')}</h1>
    <p>${say('outdatedHelp')}</p>
    <p class="row"><button class="main" @click=${() => location.reload()}>${say('reload')}</button></p>
  </section>`;
}
