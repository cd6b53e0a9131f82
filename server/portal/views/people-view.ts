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
const clientRoles = [
  ['admin', 'Admin: sees everything, and invites people'],
  ['billing', 'Billing: usage and invoices'],
  ['viewer', 'Viewer: sees calls and invoices'],
] as const;

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
    done: 'Invited.',
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
          <label for="search" class="unseen">Search people</label>
          <input id="search" type="search" maxlength="100" placeholder="Name or address">
          <button>Search</button>
        </form>
        ${this.#people.show((list) => this.#members(list, may))} ${this.#work.show()}
      </section>
      ${may ? this.#inviting() : ''}
      ${this.#invited.show((list) => this.#invitations(list, may))}
      ${views && this.slug ? this.#viewing() : ''}`;
  }

  #members({ users, nextCursor }: MembersAnswer, may: boolean) {
    if (users.length === 0)
      return html`<p>${this.#search ? 'No one matches.' : 'No one has joined yet.'}</p>`;
    return html`${table(
      'People',
      ['Person', 'Role', ['Last seen', 'wide'], may && 'Actions'],
      users.map((user) => this.#member(user, may)),
    )}
    ${nextCursor ? html`<p>${showMore(this.#people, 'users', this.#peoplePath(), this.#more)}</p>` : ''}`;
  }

  #member(user: MemberView, may: boolean) {
    const { email, name, role, lastSeenAt, disabledAt, mailFailedAt } = user;
    const who = name || email;
    const roles = this.slug ? clientRoles : operatorRoles;
    return html`<tr>
      <th scope="row">
        ${who} ${disabledAt ? html`<span class="badge warn">disabled</span>` : ''}
        ${name ? html`<div class="muted small">${email}</div>` : ''}
        ${mailFailedAt ? html`<div class="bad small">E-mail could not be delivered on ${moment(mailFailedAt, 'UTC')} UTC.</div>` : ''}
      </th>
      <td>${
        may
          ? html`<select aria-label="Role of ${who}" .value=${live(role)} @change=${(event: Event) => this.#change(user, event)}>
              ${roles.map(([one]) => html`<option value=${one} ?selected=${one === role}>${one}</option>`)}
            </select>`
          : role
      }</td>
      <td class="wide nowrap">${lastSeenAt ? moment(lastSeenAt, 'UTC') : 'Never'}</td>
      ${
        may
          ? html`<td class="nowrap">
              <button aria-label="Remove ${who}" @click=${() => this.#remove(user)}>Remove</button>
              ${this.slug ? '' : html`<button aria-label="${disabledAt ? 'Enable' : 'Disable'} ${who}" @click=${() => this.#disable(user)}>${disabledAt ? 'Enable' : 'Disable'}</button>`}
            </td>`
          : ''
      }
    </tr>`;
  }

  #inviting() {
    const { errors } = this.#form;
    const roles = this.slug ? clientRoles : operatorRoles;
    const fields = html`<h2>Invite someone</h2>
      <div class="fields">
        ${field(errors, { name: 'email', label: 'E-mail address', type: 'email', value: '', required: true })}
        ${choice(errors, { name: 'role', label: 'Role', value: 'viewer', choices: roles })}
      </div>`;
    const { link } = this;
    return html`<section>
      ${this.#form.show(fields, 'Invite', true)}
      ${link?.mailFailedAt ? html`<p class="warn">The e-mail to ${link.email} was not delivered. Hand over the link.</p>` : ''}
      ${link?.url ? html`<copy-field .label=${`Link for ${link.email}; it works once, for 7 days`} .text=${link.url}></copy-field>` : ''}
    </section>`;
  }

  #invitations({ invitations }: InvitationsAnswer, may: boolean) {
    if (invitations.length === 0) return html``;
    return html`<section>
      <h2>Invited</h2>
      ${table(
        'Invitations',
        ['Address', 'Role', ['Valid until', 'wide'], may && 'Actions'],
        invitations.map((one) => this.#invitation(one, may)),
      )}
    </section>`;
  }

  #invitation({ id, email, role, expiresAt, mailedAt }: InvitationView, may: boolean) {
    return html`<tr>
      <th scope="row">${email}${mailedAt ? '' : html`<div class="muted small">Not sent by e-mail</div>`}</th>
      <td>${role}</td>
      <td class="wide nowrap">${moment(expiresAt, 'UTC')}</td>
      ${
        may
          ? html`<td class="nowrap">
              <button aria-label="Send again to ${email}" @click=${() => this.#resend(id)}>Send again</button>
              <button aria-label="Revoke the invitation of ${email}" @click=${() => this.#revoke(id)}>Revoke</button>
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
    return this.#do(() => send('PATCH', this.#path(`users/${id}`), { role, version }), 'Role changed.');
  }

  async #remove({ id, email }: MemberView): Promise<void> {
    const text = 'Sessions here end now, and invitations sent by this person no longer work.';
    if (!(await confirm({ title: `Remove ${email}?`, text, action: 'Remove', danger: true }))) return;
    await this.#do(() => send('DELETE', this.#path(`users/${id}`)), 'Removed.');
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
    }, 'Sent again.');
  }

  #revoke(id: string): Promise<void> {
    return this.#do(() => send('DELETE', this.#path(`invitations/${id}`)), 'Revoked.');
  }
}
customElements.define('people-view', PeopleElement);
