/** The operator's team, or a client's people: who belongs here with which role, and who is invited. */
import { html, LitElement, type PropertyValues } from 'lit';
import { live } from 'lit/directives/live.js';
import type {
  InvitationsAnswer,
  InvitationView,
  MeAnswer,
  MembersAnswer,
  MemberView,
  SentInvitation,
} from '../../contract.ts';
import { choice, field } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import type { WordKey } from '../language/en.ts';
import { say } from '../language/words.ts';
import { get, post, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import '../parts/copy-field.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource, Resource } from '../parts/resource.ts';
import { showMore } from '../parts/show-more.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { discardUnsaved } from '../parts/unsaved.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';

const operatorRoles = [
  ['owner', 'Owner: everything, and the team'],
  ['manager', 'Manager: clients, calls and billing'],
  ['billing', 'Billing: plans and invoices'],
  ['viewer', 'Viewer: sees everything'],
] as const;
const clientRoles = () =>
  [
    ['admin', say('adminRole')],
    ['billing', say('billingRole')],
    ['viewer', say('viewerRole')],
  ] as const;
const clientRoleNames: Record<string, WordKey> = {
  admin: 'roleAdmin',
  billing: 'roleBilling',
  viewer: 'roleViewer',
};

export class PeopleElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = {
    slug: { attribute: false },
    heading: { attribute: false },
    link: { state: true },
  };
  /** The client's handle; empty for the operator's team. */
  declare slug: string;
  declare heading: string;
  /** Of the newest invitation, shown once. */
  declare link: SentInvitation | null;

  constructor() {
    super();
    this.slug = '';
    this.heading = 'Team';
    this.link = null;
  }

  #search = '';
  #me = new EagerResource<MeAnswer>(this, () => get('me'));
  #people = new Resource<MembersAnswer>(this, () => get(this.#peoplePath()));
  #invited = new Resource<InvitationsAnswer>(this, () => get(this.#path('invitations?limit=50')));
  #work = new Work(this);
  #more = new Work(this);
  #form = new Form(this, {
    send: async (body) => {
      this.link = await post<SentInvitation>(this.#path('invitations'), body);
      await this.#invited.load();
    },
    done: say('invited'),
  });

  #path(rest: string): string {
    return this.slug ? `tenants/${encodeURIComponent(this.slug)}/${rest}` : rest;
  }

  #peoplePath(): string {
    const search = this.#search ? `&search=${encodeURIComponent(this.#search)}` : '';
    return this.#path(`users?limit=50${search}`);
  }

  /** Not as soon as it is on the page: this module may come after the element, which then has no properties yet. */
  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('slug')) return;
    this.link = null;
    void this.#people.load(true);
    void this.#invited.load(true);
  }

  protected override render() {
    const needed = this.slug ? 'people.manage' : 'team.manage';
    const may = this.#me.data?.permissions.includes(needed) ?? false;
    const views = this.#me.data?.permissions.includes('clients.view-as') ?? false;
    return html`<h1>${this.heading}</h1>
      <section>
        <form class="row" role="search" @submit=${this.#find}>
          <label for="search" class="unseen">${say('searchPeople')}</label>
          <input id="search" type="search" maxlength="100" placeholder=${say('nameOrAddress')}>
          <button>${say('search')}</button>
        </form>
        ${this.#people.show((list) => this.#members(list, may))} ${this.#work.show()}
      </section>
      ${may ? this.#inviting() : ''}
      ${this.#invited.show((list) => this.#invitations(list, may))}
      ${views && this.slug ? this.#viewing() : ''}`;
  }

  #members({ users, nextCursor }: MembersAnswer, may: boolean) {
    if (users.length === 0) return html`<p>${this.#search ? say('noMatch') : say('noneJoined')}</p>`;
    return html`${table(
      say('people'),
      [say('person'), say('role'), [say('lastSeen'), 'wide'], may && say('actions')],
      users.map((user) => this.#member(user, may)),
    )}
    ${nextCursor ? html`<p>${showMore(this.#people, 'users', this.#peoplePath(), this.#more)}</p>` : ''}`;
  }

  #member(user: MemberView, may: boolean) {
    const { email, name, role, lastSeenAt, disabledAt, mailFailedAt } = user;
    const who = name || email;
    const roles = this.slug ? clientRoles() : operatorRoles;
    return html`<tr>
      <th scope="row">
        ${who} ${disabledAt ? html`<span class="badge warn">${say('disabled')}</span>` : ''}
        ${name ? html`<div class="muted small">${email}</div>` : ''}
        ${mailFailedAt ? html`<div class="bad small">${say('mailFailed', { when: moment(mailFailedAt, 'UTC') })}</div>` : ''}
      </th>
      <td>${
        may
          ? html`<select aria-label=${say('roleOf', { who })} .value=${live(role)} @change=${(event: Event) => this.#change(user, event)}>
              ${roles.map(([one]) => html`<option value=${one} ?selected=${one === role}>${this.#roleName(one)}</option>`)}
            </select>`
          : this.#roleName(role)
      }</td>
      <td class="wide nowrap">${lastSeenAt ? moment(lastSeenAt, 'UTC') : say('never')}</td>
      ${
        may
          ? html`<td class="nowrap">
              <button aria-label=${say('removeWho', { who })} @click=${() => this.#remove(user)}>${say('remove')}</button>
              ${this.slug ? '' : html`<button aria-label="${disabledAt ? 'Enable' : 'Disable'} ${who}" @click=${() => this.#disable(user)}>${disabledAt ? 'Enable' : 'Disable'}</button>`}
            </td>`
          : ''
      }
    </tr>`;
  }

  /** The team's are for the operator. */
  #roleName(role: string): string {
    const key = this.slug ? clientRoleNames[role] : undefined;
    return key ? say(key) : role;
  }

  #inviting() {
    const { errors } = this.#form;
    const roles = this.slug ? clientRoles() : operatorRoles;
    const fields = html`<h2>${say('inviteTitle')}</h2>
      <div class="fields">
        ${field(errors, { name: 'email', label: say('email'), type: 'email', value: '', required: true })}
        ${choice(errors, { name: 'role', label: say('role'), value: 'viewer', choices: roles })}
      </div>`;
    const { link } = this;
    return html`<section>
      ${this.#form.show(fields, say('invite'), true)}
      ${link?.mailFailedAt ? html`<p class="warn">${say('notDelivered', { email: link.email })}</p>` : ''}
      ${link?.url ? html`<copy-field .label=${say('linkFor', { email: link.email })} .text=${link.url}></copy-field>` : ''}
    </section>`;
  }

  #invitations({ invitations }: InvitationsAnswer, may: boolean) {
    if (invitations.length === 0) return html``;
    return html`<section>
      <h2>${say('invitedTitle')}</h2>
      ${table(
        say('invitations'),
        [say('address'), say('role'), [say('validUntil'), 'wide'], may && say('actions')],
        invitations.map((one) => this.#invitation(one, may)),
      )}
    </section>`;
  }

  #invitation({ id, email, role, expiresAt, mailedAt }: InvitationView, may: boolean) {
    return html`<tr>
      <th scope="row">${email}${mailedAt ? '' : html`<div class="muted small">${say('notMailed')}</div>`}</th>
      <td>${this.#roleName(role)}</td>
      <td class="wide nowrap">${moment(expiresAt, 'UTC')}</td>
      ${
        may
          ? html`<td class="nowrap">
              <button aria-label=${say('sendAgainTo', { email })} @click=${() => this.#resend(id)}>${say('sendAgain')}</button>
              <button aria-label=${say('revokeOf', { email })} @click=${() => this.#revoke(id)}>${say('revoke')}</button>
            </td>`
          : ''
      }
    </tr>`;
  }

  #viewing() {
    return html`<section>
      <h2>See the portal as this client</h2>
      <p class="muted small">For an hour at most. Nothing can be changed, and it is recorded in the audit log.</p>
      <p><button @click=${this.#view} aria-disabled=${this.#work.isBusy}>View as client</button></p>
    </section>`;
  }

  #view = async () => {
    if (!(await this.#work.do(() => post(this.#path('view-as'))))) return;
    // The server answers as the client's now: the browser must not ask whether to stay.
    discardUnsaved();
    // No change of view before it: the page in between would be loaded as the client.
    history.replaceState(null, '', '#/');
    location.reload();
  };

  #find = (event: SubmitEvent) => {
    event.preventDefault();
    this.#search = this.renderRoot.querySelector<HTMLInputElement>('#search')?.value.trim() ?? '';
    void this.#people.load();
  };

  /** Whatever the outcome, what is shown afterwards is what the server has. */
  async #do(work: () => Promise<unknown>, done: string): Promise<void> {
    await this.#work.do(work, done);
    await Promise.all([this.#people.load(), this.#invited.load()]);
  }

  #change({ id, version }: MemberView, event: Event): Promise<void> {
    const role = (event.target as HTMLSelectElement).value;
    return this.#do(() => send('PATCH', this.#path(`users/${id}`), { role, version }), say('roleChanged'));
  }

  async #remove({ id, email }: MemberView): Promise<void> {
    const text = say('removeHelp');
    if (
      !(await confirm({
        title: say('removeTitle', { who: email }),
        text,
        action: say('remove'),
        danger: true,
      }))
    )
      return;
    await this.#do(() => send('DELETE', this.#path(`users/${id}`)), say('removed'));
  }

  #disable({ id, disabledAt }: MemberView): Promise<void> {
    return this.#do(
      () => post(`users/${id}/${disabledAt ? 'enable' : 'disable'}`),
      disabledAt ? 'Enabled.' : 'Disabled.',
    );
  }

  #resend(id: string): Promise<void> {
    return this.#do(async () => {
      this.link = await post<SentInvitation>(this.#path(`invitations/${id}/resend`));
    }, say('sentAgain'));
  }

  #revoke(id: string): Promise<void> {
    return this.#do(() => send('DELETE', this.#path(`invitations/${id}`)), say('revoked'));
  }
}
customElements.define('people-view', PeopleElement);
