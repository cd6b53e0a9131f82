/** A caller's data, found by number or e-mail address, exported and erased; and who has read or heard which call. */
import { html } from 'lit';
import type { CallReadKind, CallReadsAnswer, ErasedCaller, FoundCaller } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import type { WordKey } from '../language/en.ts';
import { say, sayCount } from '../language/words.ts';
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
import { count, kindOf, moment } from '../pure/format.ts';

const kinds: Record<CallReadKind, WordKey> = {
  transcript: 'readTranscript',
  recording: 'heardRecording',
  export: 'exported',
  results: 'readResults',
  identity: 'readIdentity',
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
    const label = say('callerLabel');
    return html`<h1>${titleOf(scope, say('privacy'))}</h1>
      <section>
        <h2>${say('callersData')}</h2>
        ${may ? '' : html`<p class="muted">${say('readOnly')}</p>`}
        ${this.#form.show(html`<div class="fields">${field(this.#form.errors, { name: 'caller', label, value: this.found?.caller, required: true })}</div>`, say('findCalls'), may)}
        ${this.found ? this.#result(this.found) : ''}
        ${this.#work.show()}
      </section>
      <section>
        <h2>${say('readsTitle')}</h2>
        ${this.#reads.show((reads) => this.#readsTable(reads))}
      </section>`;
  }

  #result({ calls, leads = [], nextCursor, contentRetentionDays }: Found) {
    const { scope } = this;
    const kept =
      contentRetentionDays === null ? say('keptByService') : sayCount('keptDays', contentRetentionDays);
    const found = nextCursor ? say('foundMore', { n: calls.length }) : sayCount('foundCalls', calls.length);
    const messages = leads.length > 0 ? say('foundLeads', { n: count(leads.length) }) : '';
    return html`<p role="status">${found} ${messages} ${kept}</p>
      ${
        calls.length + leads.length === 0
          ? ''
          : html`${
              calls.length === 0
                ? ''
                : table(
                    say('callsOfCaller'),
                    [say('when'), say('type')],
                    calls.map(
                      ({ id, createdAt, type }) =>
                        html`<tr><th scope="row"><a href="${scope.base}/calls/${encodeURIComponent(id)}">${moment(createdAt, scope.timeZone)}</a></th><td>${kindOf(type)}</td></tr>`,
                    ),
                  )
            }
            <p class="row">
              ${scope.access.transcripts ? html`<button aria-disabled=${this.#work.isBusy} @click=${this.#export}>${say('exportFile')}</button>` : ''}
              <button class="danger" aria-disabled=${this.#work.isBusy} @click=${this.#erase}>${say('erase')}</button>
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
      title: say('eraseTitle'),
      text: say('eraseHelp'),
      action: say('erase'),
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
      const messages = leads > 0 ? ` ${say('erasedLeads', { n: count(leads) })}` : '';
      this.#outcome = `${sayCount('erased', deleted)}${messages}${left > 0 ? ` ${sayCount('notErased', left)}` : ''}`;
    });
    if (!this.#work.refusal) this.#work.done = this.#outcome;
    this.requestUpdate();
  };
  #outcome = '';

  #readsTable({ reads, nextCursor, keptDays }: CallReadsAnswer) {
    const { scope } = this;
    return html`<p class="muted small">${say('readsHelp')} ${keptDays === null ? say('readsKeptForGood') : sayCount('readsKept', keptDays)} ${say('timeZone', { zone: scope.timeZone })}</p>
      ${
        reads.length === 0
          ? html`<p>${say('noReads')}</p>`
          : table(
              say('readsTable'),
              [say('when'), say('call'), say('what'), say('who')],
              reads.map(
                ({ at, call, kind, actor }) => html`<tr>
                  <td>${moment(at, scope.timeZone)}</td>
                  <th scope="row"><a href="${scope.base}/calls/${encodeURIComponent(call)}">${call.slice(0, 8)}…</a></th>
                  <td>${say(kinds[kind])}</td><td>${actor}</td>
                </tr>`,
              ),
            )
      }
      ${nextCursor ? html`<p>${showMore(this.#reads, 'reads', this.#readsPath(), this.#work)}</p>` : ''}`;
  }
}
customElements.define('privacy-view', PrivacyElement);
