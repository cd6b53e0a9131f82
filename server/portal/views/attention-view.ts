/** What needs attention: months that could not be closed, calls without a cost, differences from Vapi's records, notices. */
import { html, LitElement } from 'lit';
import type {
  AttentionAnswer,
  AttentionEntry,
  AttentionPlace,
  ClientRow,
  ClientsAnswer,
  CloseEntry,
  CloseReport,
  DriftReport,
  Permission,
} from '../../contract.ts';
import { get, post } from '../parts/api.ts';
import { pastRuns, withAllEntries } from '../parts/close-run.ts';
import { count, exactMoney, moment, monthName, plural } from '../pure/format.ts';
import '../parts/notices-section.ts';
import { EagerResource, Resource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';

interface Findings {
  /** The last run that changed something; null before the first. */
  run: CloseReport | null;
  /** The clients with the most calls whose cost Vapi has not reported, and how many such calls all clients have. */
  costless: ClientRow[];
  costlessCalls: number;
  attention: AttentionAnswer;
}

const dayMs = 86_400_000;

export class AttentionElement extends LitElement {
  static override styles = [shared];
  static override properties = { now: { attribute: false }, permissions: { attribute: false } };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare permissions: readonly Permission[];

  #findings = new EagerResource<Findings>(this, async () => {
    const [attention, runs, { tenants, totals }] = await Promise.all([
      get<AttentionAnswer>('attention'),
      pastRuns(),
      get<ClientsAnswer>('billing/tenants?filter=attention&sort=calls&limit=200'),
    ]);
    // One that has just begun has nothing to report yet.
    const run = runs.find(({ state }) => state !== 'running') ?? runs[0];
    return {
      attention,
      run: run ? await withAllEntries(run) : null,
      costless: tenants.filter(({ callsWithoutCost }) => callsWithoutCost > 0),
      costlessCalls: totals.callsWithoutCost,
    };
  });
  /** The last seven days; loaded only on request, because it reads Vapi. */
  #drift = new Resource<DriftReport>(this, () => {
    const from = new Date(Date.parse(this.now) - 7 * dayMs).toISOString();
    return post('reconcile', { from, to: this.now });
  });
  #comparing = new Work(this);

  protected override render() {
    return html`<h1>Needs attention</h1>
      ${this.#findings.show((findings) => this.#found(findings))}
      <section>
        <div class="row">
          <h2>Compare with Vapi</h2>
          ${this.permissions.includes('server.manage') ? html`<button @click=${this.#compare} ?disabled=${this.#comparing.isBusy}>Compare the last 7 days</button>` : ''}
        </div>
        <p class="muted small">Reads Vapi’s list of calls and adds any that are missing here.</p>
        ${this.#comparing.isBusy || this.#drift.data || this.#drift.error ? this.#drift.show(driftTable) : ''}
      </section>
      ${this.permissions.includes('server.read') ? html`<notices-section></notices-section>` : ''}`;
  }

  #found({ attention, run, costless, costlessCalls }: Findings) {
    const unlisted = costless.reduce((left, row) => left - row.callsWithoutCost, costlessCalls);
    const entries = run?.entries.filter(needsPerson) ?? [];
    return html`<section>
        <h2>To do</h2>
        ${todo(attention)}
      </section>
      <section>
        <h2>Month-end</h2>
        ${
          run === null
            ? html`<p>No month has been closed yet. <a href="#/close">Close one</a></p>`
            : html`<p class="muted small">Last run ${moment(run.startedAt, 'UTC')} UTC${run.finishedAt === null ? ', not finished' : ''}.</p>
                ${entries.length === 0 ? html`<p class="good">Nothing left to do.</p>` : entryTable(entries)}`
        }
      </section>
      <section>
        <h2>Calls without a known cost</h2>
        ${
          costlessCalls === 0
            ? html`<p class="good">None this month.</p>`
            : html`<ul>
                ${costless.map(
                  (row) =>
                    html`<li><a href="#/tenants/${row.tenant}">${row.tenant}</a>: ${count(row.callsWithoutCost)} of ${plural(row.calls, 'call')}</li>`,
                )}
              </ul>`
        }
        ${unlisted > 0 ? html`<p><a href="#/clients?filter=attention">Find ${plural(unlisted, 'more call')} among your clients</a></p>` : ''}
      </section>`;
  }

  #compare = () => this.#comparing.do(() => this.#drift.load(true));
}
customElements.define('attention-view', AttentionElement);

/** Where an entry is mended, and what the button says. */
const places: Record<AttentionPlace, readonly [view: string, action: string]> = {
  overview: ['', 'Open'],
  calls: ['/calls', 'See calls'],
  invoices: ['/invoices', 'Open invoice'],
  billing: ['/billing', 'Open billing'],
  site: ['/site', 'Check websites'],
  settings: ['/settings', 'Open settings'],
  connection: ['/connection', 'Check'],
};

function todo({ entries, total }: AttentionAnswer) {
  if (total === 0) return html`<p class="good">Nothing needs you.</p>`;
  return html`${table(
    'To do',
    ['Client', 'What to do', ['Since', 'wide'], html`<span class="unseen">Open</span>`],
    entries.map(todoRow),
  )}
    ${total > entries.length ? html`<p class="muted small">Showing ${count(entries.length)} of ${count(total)}.</p>` : ''}`;
}

function todoRow({ tenant, tenantName, text, since, place, item }: AttentionEntry) {
  const [view, action] = places[place];
  const href = `#/tenants/${tenant}${view}${item ? `/${item}` : ''}`;
  return html`<tr>
    <th scope="row"><a href="#/tenants/${tenant}">${tenantName}</a></th>
    <td>${text}</td>
    <td class="wide nowrap">${since ? moment(since, 'UTC') : ''}</td>
    <td class="number"><a class="button" href=${href} aria-label="${action}: ${tenantName}">${action}</a></td>
  </tr>`;
}

function needsPerson({ problem }: CloseEntry): boolean {
  return problem !== undefined;
}

function entryTable(entries: CloseEntry[]) {
  return table(
    'Months with a problem',
    ['Client', 'Month', 'Problem'],
    entries.map(
      ({ tenant, month, problem }) => html`<tr>
        <th scope="row"><a href="#/tenants/${tenant}/invoices">${tenant}</a></th>
        <td>${monthName(month)}</td>
        <td>${problem}</td>
      </tr>`,
    ),
  );
}

function driftTable({ tenants, unassigned, failures }: DriftReport) {
  return html`${failures.map(({ tenants: whose, reason }) => html`<p class="problem" role="alert">${whose.join(', ')}: ${reason}</p>`)}
    ${unassigned.map(
      ({ orgId, calls, costMicros }) =>
        html`<p class="warn">Vapi organization ${orgId}: ${plural(calls, 'call')} (${exactMoney(costMicros, 'usd')}) without a client, because no client uses their assistant.</p>`,
    )}
    ${tenants.filter(({ missing }) => missing > 0).map(missingCalls)}
    ${table(
      'Vapi’s list of calls compared with the calls recorded here',
      ['Client', ['Calls at Vapi', 'number'], ['Added now', 'number'], ['Difference', 'number']],
      tenants.map(
        (row) => html`<tr>
          <th scope="row"><a href="#/tenants/${row.tenant}">${row.tenant}</a></th>
          <td class="number">${count(row.vapi.calls)}</td>
          <td class="number">${count(row.added)}</td>
          <td class="number">${exactMoney(row.differenceMicros, 'usd')}</td>
        </tr>`,
      ),
    )}`;
}

function missingCalls({ tenant, missing, missingIds }: DriftReport['tenants'][number]) {
  return html`<details class="warn">
    <summary>${tenant}: ${plural(missing, 'recorded call')} not in Vapi’s list</summary>
    <ul>
      ${missingIds.map((id) => html`<li><a href="#/tenants/${tenant}/calls/${encodeURIComponent(id)}">${id}</a></li>`)}
    </ul>
    ${missing > missingIds.length ? html`<p class="muted small">Showing the first ${count(missingIds.length)} by ID.</p>` : ''}
  </details>`;
}
