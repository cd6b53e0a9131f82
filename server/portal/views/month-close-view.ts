/** Month-end: what would be issued, the confirmation, the run with its report, and past runs. */
import { html, LitElement } from 'lit';
import type { CloseReport, DeletedTenant, TenantView } from '../../contract.ts';
import { getAll } from '../parts/api.ts';
import {
  type CloseBody,
  follow,
  pastRuns,
  resumeClose,
  runClose,
  stopClose,
  withAllEntries,
} from '../parts/close-run.ts';
import { closeTable, issued, summary } from '../parts/close-table.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { Work } from '../parts/work.ts';
import { count, moment, monthName, plural } from '../pure/format.ts';
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
    wholeRuns: { state: true },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  /** Whether the business details are entered: without them, no invoice can be issued. */
  declare hasSeller: boolean;
  /** What would be issued, and the request for it. */
  declare outlook: { report: CloseReport; month: string; graceHours: number } | null;
  declare report: CloseReport | null;
  /** The run that is followed, as it was last seen. */
  declare progress: CloseReport | null;
  /** Past runs whose entries were completed. */
  declare wholeRuns: Map<string, CloseReport>;

  constructor() {
    super();
    this.outlook = null;
    this.report = null;
    this.progress = null;
    this.wholeRuns = new Map();
  }

  #work = new Work(this);
  #stopping = new Work(this);
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
    const running = runs.find(({ state }) => state === 'running');
    // Begun by someone else, or before this page was loaded.
    if (running && !this.progress) void this.#watch(() => follow(running, this.#show));
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
      ${this.hasSeller ? '' : html`<p class="warn">First enter your business details under <a href="#/settings">Settings</a>.</p>`}
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

  #bar({ progress: { pending, underWay, done, forPerson }, dryRun }: CloseReport) {
    const tried = done + forPerson;
    const all = tried + pending + underWay;
    return html`<p><label>
        ${dryRun ? 'Calculating' : 'Issuing'}: ${count(tried)} of ${plural(all, 'client')}
        <progress max=${all} value=${tried}></progress>
      </label></p>
      <p class="muted small">
        You can leave this page: the server continues the run.
        ${this.mayWrite ? html`<button @click=${this.#stop} ?disabled=${this.#stopping.isBusy}>Stop</button>` : ''}
      </p>
      ${this.#stopping.show()}`;
  }

  #result({ names }: Books) {
    const { outlook, report, progress } = this;
    if (report) {
      return html`<section>
        <h2 id="issued" tabindex="-1">${report.state === 'stopped' ? 'Stopped' : 'Issued'}</h2>
        <p role="status" class=${report.needsPerson > 0 ? 'warn' : 'good'}>${summary(report)}. ${needs(report)}</p>
        ${closeTable(report, names)}
      </section>`;
    }
    if (!outlook || progress) return '';
    const { month, report: dry } = outlook;
    // Less than what would be issued.
    if (dry.state === 'stopped') {
      return html`<section><p role="status">Stopped: not all clients were calculated.</p></section>`;
    }
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
        (run) => html`<details @toggle=${() => this.#complete(run)}>
          <summary>
            ${moment(run.startedAt, 'UTC')} UTC: ${summary(run)}
            ${run.finishedAt === null ? html`<span class="badge warn">${run.state === 'running' ? 'running' : 'not finished'}</span>` : ''}
            ${run.needsPerson > 0 ? html`<span class="badge warn">needs attention</span>` : ''}
          </summary>
          ${
            this.mayWrite && run.state === 'stopped' && left(run) > 0
              ? html`<p><button @click=${() => this.#resume(run)} aria-disabled=${this.#work.isBusy}>Resume: ${plural(left(run), 'client')} left</button></p>`
              : ''
          }
          ${closeTable(this.wholeRuns.get(run.id) ?? run, names)}
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
      this.outlook = { report: await this.#run({ ...asked, dryRun: true }), ...asked };
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
    if (yes) await this.#watch(() => runClose({ month, graceHours: hours }, this.#show));
  };

  #resume = (run: CloseReport) => this.#watch(() => resumeClose(run.id, this.#show));

  #stop = () => {
    const { progress } = this;
    return progress && this.#stopping.do(() => stopClose(progress.id));
  };

  #show = (run: CloseReport) => {
    this.progress = run;
  };

  async #run(body: CloseBody): Promise<CloseReport> {
    try {
      return await runClose(body, this.#show);
    } finally {
      this.progress = null;
    }
  }

  /** Follows a run to its end, and shows its report. */
  async #watch(run: () => Promise<CloseReport>): Promise<void> {
    const isDone = await this.#work.do(async () => {
      try {
        this.report = await run();
        this.outlook = null;
      } finally {
        this.progress = null;
      }
      await this.#books.load();
    });
    if (!isDone) return;
    await this.updateComplete;
    // The button that had the focus is gone.
    this.renderRoot.querySelector<HTMLElement>('#issued')?.focus();
  }

  /** Lists have only the first entries of a large run. */
  async #complete(run: CloseReport): Promise<void> {
    if (!run.entriesLeftOut || this.wholeRuns.has(run.id)) return;
    const whole = await withAllEntries(run).catch(() => null);
    if (whole) this.wholeRuns = new Map(this.wholeRuns).set(run.id, whole);
  }
}
customElements.define('month-close-view', MonthCloseElement);

function needs({ needsPerson, dryRun }: CloseReport): string {
  if (dryRun || needsPerson === 0) return '';
  return needsPerson === 1 ? 'One needs attention.' : `${needsPerson} need attention.`;
}

/** Those under way, too: their process may have been killed. */
const left = ({ progress: { pending, underWay } }: CloseReport) => pending + underWay;
