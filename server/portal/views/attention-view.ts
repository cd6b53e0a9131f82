/** What needs attention: months that could not be closed, calls without a cost, differences from Vapi's records, notices. */
import { html, LitElement } from 'lit';
import type { CloseEntry, CloseReport, DriftReport, MarginRow } from '../../contract.ts';
import { getAll, post } from '../parts/api.ts';
import { pastRuns } from '../parts/close-run.ts';
import { count, exactMoney, moment, monthName, plural } from '../pure/format.ts';
import '../parts/notices-section.ts';
import { Resource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';

interface Findings {
  /** The last run that changed something; null before the first. */
  run: CloseReport | null;
  /** Rows with calls whose cost Vapi has not reported. */
  costless: MarginRow[];
}

const dayMs = 86_400_000;

export class AttentionElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    now: { attribute: false },
    mayWrite: { attribute: false },
    isComparing: { state: true },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  declare isComparing: boolean;

  constructor() {
    super();
    this.isComparing = false;
  }

  #findings = new Resource<Findings>(this, async () => {
    const [runs, margins] = await Promise.all([
      pastRuns(),
      getAll<'rows', MarginRow>(`billing/margin?month=${this.now.slice(0, 7)}&limit=200`, 'rows'),
    ]);
    return {
      run: runs[0] ?? null,
      costless: margins.filter(({ callsWithoutCost }) => callsWithoutCost > 0),
    };
  });
  /** The last seven days; loaded only on request, because it reads Vapi. */
  #drift = new Resource<DriftReport>(this, () => {
    const from = new Date(Date.parse(this.now) - 7 * dayMs).toISOString();
    return post('reconcile', { from, to: this.now });
  });

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#findings.load();
  }

  protected override render() {
    return html`<h1>Needs attention</h1>
      ${this.#findings.show((findings) => this.#found(findings))}
      <section>
        <div class="row">
          <h2>Compare with Vapi</h2>
          ${this.mayWrite ? html`<button @click=${this.#compare} ?disabled=${this.isComparing}>Compare the last 7 days</button>` : ''}
        </div>
        <p class="muted small">Reads Vapi’s list of calls and adds any that are missing here.</p>
        ${this.isComparing || this.#drift.data || this.#drift.error ? this.#drift.show(driftTable) : ''}
      </section>
      <notices-section></notices-section>`;
  }

  #found({ run, costless }: Findings) {
    const entries = run?.entries.filter(needsPerson) ?? [];
    return html`<section>
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
          costless.length === 0
            ? html`<p class="good">None this month.</p>`
            : html`<ul>
                ${costless.map(
                  (row) =>
                    html`<li><a href="#/tenants/${row.tenant}">${row.tenant}</a>: ${count(row.callsWithoutCost)} of ${plural(row.calls, 'call')}</li>`,
                )}
              </ul>`
        }
      </section>`;
  }

  #compare = async () => {
    this.isComparing = true;
    await this.#drift.load(true);
    this.isComparing = false;
  };
}
customElements.define('attention-view', AttentionElement);

function needsPerson({ problem }: CloseEntry): boolean {
  return problem !== undefined;
}

function entryTable(entries: CloseEntry[]) {
  return html`<table>
    <thead><tr><th scope="col">Client</th><th scope="col">Month</th><th scope="col">Problem</th></tr></thead>
    <tbody>
      ${entries.map(
        ({ tenant, month, problem }) => html`<tr>
          <th scope="row"><a href="#/tenants/${tenant}/invoices">${tenant}</a></th>
          <td>${monthName(month)}</td>
          <td>${problem}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function driftTable({ tenants, unassigned, failures }: DriftReport) {
  return html`${failures.map(({ tenants: whose, reason }) => html`<p class="problem" role="alert">${whose.join(', ')}: ${reason}</p>`)}
    ${unassigned.map(
      ({ orgId, calls, costMicros }) =>
        html`<p class="warn">Vapi organization ${orgId}: ${plural(calls, 'call')} (${exactMoney(costMicros, 'usd')}) without a client, because no client uses their assistant.</p>`,
    )}
    ${tenants.filter(({ missing }) => missing > 0).map(missingCalls)}
    <div class="scroll">
    <table>
      <caption class="unseen">Vapi’s list of calls compared with the calls recorded here</caption>
      <thead>
        <tr>
          <th scope="col">Client</th>
          <th scope="col" class="number">Calls at Vapi</th>
          <th scope="col" class="number">Added now</th>
          <th scope="col" class="number">Difference</th>
        </tr>
      </thead>
      <tbody>
        ${tenants.map(
          (row) => html`<tr>
            <th scope="row"><a href="#/tenants/${row.tenant}">${row.tenant}</a></th>
            <td class="number">${count(row.vapi.calls)}</td>
            <td class="number">${count(row.added)}</td>
            <td class="number">${exactMoney(row.differenceMicros, 'usd')}</td>
          </tr>`,
        )}
      </tbody>
    </table>
    </div>`;
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
