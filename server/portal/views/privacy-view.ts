/** A caller's data, found by number or e-mail address, exported and erased; and who has read or heard which call. */
import { html } from 'lit';
import type { CallReadKind, CallReadsAnswer, ErasedCaller, FoundCaller } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { get, post, saveJson } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { kindOf, moment, plural } from '../pure/format.ts';

const kinds: Record<CallReadKind, string> = {
  transcript: 'Read the transcript',
  recording: 'Heard the recording',
  export: 'Exported',
  results: 'Read the summary and results',
  identity: 'Read who the visitor was',
};

interface Found extends FoundCaller {
  caller: string;
}

export class PrivacyElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = { ...ScopedElement.properties, found: { state: true } };
  declare found: Found | null;

  constructor() {
    super();
    this.found = null;
  }

  #reads = new Resource<CallReadsAnswer>(this, () => get(this.#readsPath()));
  #work = new Work(this);
  #form = new Form(this, {
    done: '',
    send: async (body) => {
      const { caller } = body as { caller: string };
      this.found = { ...(await post<FoundCaller>(this.#path('find'), { caller, limit: 200 })), caller };
    },
  });

  protected override reload(): void {
    this.found = null;
    this.#form.reset();
    this.#work.clear();
    void this.#reads.load(true);
  }

  #path(what: string): string {
    return pathOf(this.scope, `/callers/${what}`);
  }

  #readsPath(): string {
    return pathOf(this.scope, '/call-reads?limit=50');
  }

  protected override render() {
    const { scope } = this;
    const may = scope.permissions.includes('privacy.manage');
    const label = 'Phone number with country code, or e-mail address';
    return html`<h1>${titleOf(scope, 'Privacy')}</h1>
      <section>
        <h2>A caller’s data</h2>
        ${may ? '' : html`<p class="muted">You have read-only access.</p>`}
        ${this.#form.show(html`<div class="fields">${field(this.#form.errors, { name: 'caller', label, value: this.found?.caller, required: true })}</div>`, 'Find calls', may)}
        ${this.found ? this.#result(this.found) : ''}
        ${this.#work.show()}
      </section>
      <section>
        <h2>Who has read or heard calls</h2>
        ${this.#reads.show((reads) => this.#readsTable(reads))}
      </section>`;
  }

  #result({ calls, leads = [], nextCursor, contentRetentionDays }: Found) {
    const { scope } = this;
    const kept =
      contentRetentionDays === null
        ? 'as long as the voice service keeps it'
        : `for ${plural(contentRetentionDays, 'day')}`;
    const count = nextCursor ? `More than ${calls.length} calls` : plural(calls.length, 'call');
    const messages = leads.length > 0 ? ` and ${plural(leads.length, 'lead')}` : '';
    return html`<p role="status">${count}${messages} found. What is said in calls is kept ${kept}.</p>
      ${
        calls.length + leads.length === 0
          ? ''
          : html`${
              calls.length === 0
                ? ''
                : table(
                    'Calls of this caller',
                    ['When', 'Type'],
                    calls.map(
                      ({ id, createdAt, type }) =>
                        html`<tr><th scope="row"><a href="${scope.base}/calls/${encodeURIComponent(id)}">${moment(createdAt, scope.timeZone)}</a></th><td>${kindOf(type)}</td></tr>`,
                    ),
                  )
            }
            <p class="row">
              ${scope.access.transcripts ? html`<button aria-disabled=${this.#work.isBusy} @click=${this.#export}>Export as a file</button>` : ''}
              <button class="danger" aria-disabled=${this.#work.isBusy} @click=${this.#erase}>Erase</button>
            </p>`
      }`;
  }

  #export = () => {
    const { caller } = this.found as Found;
    return this.#work.do(() => saveJson(this.#path('export'), { caller }, `caller-${this.scope.slug}`));
  };

  #erase = async () => {
    const { caller } = this.found as Found;
    const question = {
      title: 'Erase what this person said and wrote?',
      text: 'Transcripts, recordings, comments and leads are deleted, here and at the voice service. Times, cost and the evidence of consent remain. This cannot be undone.',
      action: 'Erase',
      danger: true,
    };
    if (!(await confirm(question))) return;
    await this.#work.do(async () => {
      let cursor: string | null = null;
      let [deleted, left, leads] = [0, 0, 0];
      do {
        const body: object = { caller, ...(cursor === null ? {} : { cursor }) };
        const erased: ErasedCaller = await post(this.#path('erase'), body);
        deleted += erased.deleted.length;
        left += erased.notYet.length;
        leads += erased.deletedLeads.length;
        cursor = erased.nextCursor;
      } while (cursor !== null);
      this.found = { ...(await post<FoundCaller>(this.#path('find'), { caller, limit: 200 })), caller };
      const messages = leads > 0 ? ` and ${plural(leads, 'lead')}` : '';
      this.#outcome = `${plural(deleted, 'call')}${messages} erased.${left > 0 ? ` ${plural(left, 'call')} could not be erased yet: try again later.` : ''}`;
    });
    if (!this.#work.refusal) this.#work.done = this.#outcome;
    this.requestUpdate();
  };
  #outcome = '';

  #readsTable({ reads, nextCursor, keptDays }: CallReadsAnswer) {
    const { scope } = this;
    return html`<p class="muted small">Each reader, call and kind at most once an hour. Kept ${keptDays === null ? 'for good' : `for ${plural(keptDays, 'day')}`}. Time zone: ${scope.timeZone}.</p>
      ${
        reads.length === 0
          ? html`<p>No one has read or heard a call.</p>`
          : table(
              'Who has read or heard calls, newest first',
              ['When', 'Call', 'What', 'Who'],
              reads.map(
                ({ at, call, kind, actor }) => html`<tr>
                  <td>${moment(at, scope.timeZone)}</td>
                  <th scope="row"><a href="${scope.base}/calls/${encodeURIComponent(call)}">${call.slice(0, 8)}…</a></th>
                  <td>${kinds[kind]}</td><td>${actor}</td>
                </tr>`,
              ),
            )
      }
      ${nextCursor ? html`<p>${showMore(this.#reads, 'reads', this.#readsPath(), this.#work)}</p>` : ''}`;
  }
}
customElements.define('privacy-view', PrivacyElement);
