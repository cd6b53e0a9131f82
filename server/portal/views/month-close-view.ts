/** Month-end: what would be issued, the confirmation, the run with its report, and past runs. */
import { html, LitElement } from 'lit';
import type { CloseReport, DeletedTenant, TenantView } from '../../contract.ts';
import { getAll, post } from '../parts/api.ts';
import { pastRuns, runClose } from '../parts/close-run.ts';
import { closeTable, issued, summary } from '../parts/close-table.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { Work } from '../parts/work.ts';
import { moment, monthName, plural } from '../pure/format.ts';
import { lastDueMonth, monthPlus } from '../pure/zone.ts';

interface Books {
  runs: CloseReport[];
  names: Map<string, string>;
}

const graceHours = 24;

export class MonthCloseElement extends LitElement {
  static override styles = [shared, formStyle];
  static override properties = {
    now: { attribute: false },
    mayWrite: { attribute: false },
    hasSeller: { attribute: false },
    outlook: { state: true },
    report: { state: true },
    progress: { state: true },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  /** Whether the business details are entered: without them, no invoice can be issued. */
  declare hasSeller: boolean;
  /** What would be issued, and the request for it. */
  declare outlook: { report: CloseReport; month: string; graceHours: number } | null;
  declare report: CloseReport | null;
  declare progress: { made: number; expected: number } | null;

  constructor() {
    super();
    this.outlook = null;
    this.report = null;
    this.progress = null;
  }

  #work = new Work(this);
  #books = new EagerResource<Books>(this, async () => {
    const [runs, tenants, deleted] = await Promise.all([
      pastRuns(),
      getAll<'tenants', TenantView>('tenants?limit=200', 'tenants'),
      getAll<'tenants', DeletedTenant>('billing/deleted-tenants?limit=200', 'tenants'),
    ]);
    const handles = [
      ...tenants.map(({ slug, name }) => [slug, name] as const),
      ...deleted.map(({ id, name }) => [id, name] as const),
    ];
    return { runs, names: new Map(handles) };
  });

  protected override render() {
    return html`<h1>Month-end</h1>
      ${this.#books.show((books) => html`${this.#start()} ${this.#result(books)} ${this.#past(books)}`)}`;
  }

  #start() {
    if (!this.mayWrite) return '';
    const last = lastDueMonth(this.now, graceHours);
    // One more month can be due without the wait.
    const months = Array.from({ length: 13 }, (_, back) => monthPlus(last, 1 - back));
    return html`<section>
      <h2>Bill completed months</h2>
      ${this.hasSeller ? '' : html`<p class="warn">First enter your business details under <a href="#/agency">Your agency</a>.</p>`}
      <form class="row" @submit=${this.#look}>
        <label>
          Up to
          <select name="month">
            ${months.map((month) => html`<option value=${month} ?selected=${month === last}>${monthName(month)}</option>`)}
          </select>
        </label>
        <button class="main" aria-disabled=${this.#work.isBusy}>See what would be issued</button>
      </form>
      <label class="tick"><input type="checkbox" name="hurry">Do not wait a day for late costs</label>
      <p class="muted small">A month is due one day after it ends in the client’s time zone. Earlier months still open are billed too.</p>
      ${this.#work.show()} ${this.progress ? this.#bar(this.progress) : ''}
    </section>`;
  }

  #bar({ made, expected }: { made: number; expected: number }) {
    return html`<p><label>
        Issuing: ${made} of ${plural(expected, 'invoice')}
        <progress max=${expected} value=${made}></progress>
      </label></p>
      <p class="muted small">You can leave this page: the server continues the run.</p>`;
  }

  #result({ names }: Books) {
    const { outlook, report, progress } = this;
    if (report) {
      return html`<section>
        <h2 id="issued" tabindex="-1">Issued</h2>
        <p role="status" class=${report.needsPerson > 0 ? 'warn' : 'good'}>${summary(report)}. ${needs(report)}</p>
        ${closeTable(report, names)}
      </section>`;
    }
    if (!outlook || progress) return '';
    const { month, report: dry } = outlook;
    if (dry.entries.length === 0) {
      return html`<section><p role="status">Nothing is due up to ${monthName(month)}.</p></section>`;
    }
    const made = issued(dry).length;
    return html`<section>
      <h2>What would be issued</h2>
      <p role="status">${summary(dry)}. ${needs(dry)}</p>
      <p class="muted small">Calculated from the calls recorded here. Issuing compares them with Vapi first, so totals can change.</p>
      ${closeTable(dry, names)}
      ${
        made > 0 && this.hasSeller
          ? html`<p><button class="main" aria-disabled=${this.#work.isBusy} @click=${this.#issue}>Issue ${plural(made, 'invoice')}</button></p>`
          : ''
      }
    </section>`;
  }

  #past({ runs, names }: Books) {
    return html`<section>
      <h2>Past runs</h2>
      ${runs.length === 0 ? html`<p class="muted">No month has been closed yet.</p>` : ''}
      ${runs.map(
        (run) => html`<details>
          <summary>
            ${moment(run.startedAt, 'UTC')} UTC: ${summary(run)}
            ${run.finishedAt === null ? html`<span class="badge warn">not finished</span>` : ''}
            ${run.needsPerson > 0 ? html`<span class="badge warn">needs attention</span>` : ''}
          </summary>
          ${closeTable(run, names)}
        </details>`,
      )}
    </section>`;
  }

  #look = (event: SubmitEvent) => {
    event.preventDefault();
    const month = String(new FormData(event.target as HTMLFormElement).get('month'));
    const hurry = this.renderRoot.querySelector<HTMLInputElement>('[name=hurry]')?.checked;
    const asked = { month, graceHours: hurry ? 0 : graceHours };
    return this.#work.do(async () => {
      this.report = null;
      this.outlook = null;
      this.outlook = { report: await post('billing/close', { ...asked, dryRun: true }), ...asked };
    });
  };

  #issue = async () => {
    const { outlook } = this;
    if (!outlook) return;
    const { month, graceHours: hours, report: dry } = outlook;
    const expected = issued(dry).length;
    const yes = await confirm({
      title: `Issue ${plural(expected, 'invoice')}?`,
      text: `${summary(dry)}. They get their numbers, can no longer be changed, and become visible to your clients. Clients who pay through Stripe get theirs from Stripe immediately.`,
      action: 'Issue',
    });
    if (!yes) return;
    await this.#work.do(async () => {
      this.progress = { made: 0, expected };
      try {
        this.report = await runClose({ month, graceHours: hours }, (made) => {
          this.progress = { made: Math.min(made, expected), expected };
        });
        this.outlook = null;
      } finally {
        this.progress = null;
      }
      await this.#books.load();
    });
    await this.updateComplete;
    // The button that had the focus is gone.
    this.renderRoot.querySelector<HTMLElement>('#issued')?.focus();
  };
}
customElements.define('month-close-view', MonthCloseElement);

function needs({ needsPerson, dryRun }: CloseReport): string {
  if (dryRun || needsPerson === 0) return '';
  return needsPerson === 1 ? 'One needs attention.' : `${needsPerson} need attention.`;
}
