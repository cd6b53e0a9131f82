/** One call: its figures and, on request, its transcript. */
import { html } from 'lit';
import type {
  CallDetail,
  CallResults,
  CallView,
  RecordingState,
  TranscriptAnswer,
  UnwantedReason,
} from '../../contract.ts';
import { get, recordingStateAt, urlOf } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, pricesCurrency, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { duration, endedWords, ending, exactMoney, kindOf, languageName, moment } from '../pure/format.ts';

interface Shown {
  call: CallDetail;
  /** Null for a reader that is shown no prices. */
  currency: string | null;
}

const whyUnwanted: Record<UnwantedReason, string> = {
  paused: 'Calls were paused',
  outdated: 'Its permission predates a pause, or was used too late',
  'no-grant': 'It was not started through this server',
  'no-room': 'The budget, the calls at once or the opening hours left no room for it',
  'used-up': 'It had used up what its client’s limits allow one call',
};

export class CallElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    wantsContent: { state: true },
    isUnplayable: { state: true },
  };
  declare wantsContent: boolean;
  /** What the server answered instead of the recording was not a sound. */
  declare isUnplayable: boolean;

  constructor() {
    super();
    this.wantsContent = false;
    this.isUnplayable = false;
  }

  #call = new Resource<Shown>(this, async () => {
    const [call, currency] = await Promise.all([
      get<Shown['call']>(`${this.#path()}${this.scope.access.callPrices ? '?prices=yes' : ''}`),
      pricesCurrency(this.scope),
    ]);
    return { call, currency };
  });
  #content = new Resource<Partial<TranscriptAnswer>>(this, async () =>
    this.scope.access.transcripts
      ? get<TranscriptAnswer>(`${this.#path()}/transcript`)
      : { recordingState: await recordingStateAt(`${this.#path()}/recording`) },
  );

  protected override reload(): void {
    this.wantsContent = false;
    void this.#call.load(true);
  }

  #path(): string {
    return pathOf(this.scope, `/calls/${encodeURIComponent(this.item)}`);
  }

  protected override render() {
    return html`<p><a href="${this.scope.base}/calls">All calls</a></p>
      <h1>${titleOf(this.scope, this.#title())}</h1>
      ${this.#call.show((shown) => this.#details(shown))}`;
  }

  #title(): string {
    const { call } = this.#call.data ?? {};
    return call ? `Call, ${moment(call.startedAt ?? call.createdAt, this.scope.timeZone)}` : 'Call';
  }

  #details({ call, currency }: Shown) {
    const { scope } = this;
    const facts: [string, string][] = [
      ['Started', moment(call.startedAt ?? call.createdAt, scope.timeZone)],
      ['Length', call.seconds === null ? 'not known yet' : duration(call.seconds)],
      ...(currency === null
        ? []
        : [
            [
              'Price',
              call.priceMicros == null ? 'not known yet' : exactMoney(call.priceMicros, currency),
            ] as [string, string],
          ]),
      ...(scope.isOperator
        ? [
            [
              'Your cost',
              call.costMicros === null ? 'not known yet' : exactMoney(call.costMicros, 'usd'),
            ] as [string, string],
          ]
        : []),
      ...(call.judgedBy ? [outcomeFact(call, call.judgedBy)] : []),
      ...(call.identity ? [['Visitor', visitorOf(call.identity)] as [string, string]] : []),
      ['Type', kindOf(call.type)],
      ['How it ended', howEnded(call)],
      ...(call.language ? [['Language', languageName(call.language)] as [string, string]] : []),
      ...(call.latency
        ? [['Answered within', `${(call.latency.medianMs / 1000).toFixed(1)} s`] as [string, string]]
        : []),
      ...(call.unwanted === null
        ? []
        : [['Why it was ended', whyUnwanted[call.unwanted]] as [string, string]]),
    ];
    return html`<section>
        <dl class="figures plain">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        <p class="muted small">Time zone: ${scope.timeZone}. Call <code>${call.id}</code></p>
      </section>
      ${
        call.dismissedAt
          ? html`<section><p class="warn">Dismissed on ${moment(call.dismissedAt, scope.timeZone)} because Vapi never had it: it is neither counted nor billed.</p></section>`
          : call.confirmed === false
            ? html`<dismiss-box .scope=${scope} .item=${call.id} @call-dismissed=${() => this.#call.load(true)}></dismiss-box>`
            : ''
      }
      ${call.cost ? costTable(call.cost) : ''}
      ${call.results ? resultsSection(call, call.results) : ''}
      ${this.#hasContent() ? this.#contentSection(call) : ''}`;
  }

  #hasContent(): boolean {
    const { access, permissions } = this.scope;
    return permissions.includes('content.read') && (access.recordings || access.transcripts);
  }

  #contentSection(call: CallDetail) {
    const { recordings, transcripts } = this.scope.access;
    const what = [recordings && 'recording', transcripts && 'transcript'].filter(Boolean).join(' and ');
    return html`<section>
        <h2>${what.charAt(0).toUpperCase()}${what.slice(1)}</h2>
        ${
          call.contentDeletedAt
            ? html`<p>What was said was deleted on ${moment(call.contentDeletedAt, this.scope.timeZone)}.</p>`
            : this.wantsContent
              ? this.#content.show((content) => this.#said(content))
              : html`<p class="muted">They are loaded from the voice service on request and not stored here.</p>
                <button @click=${this.#ask}>Load ${what}</button>`
        }
      </section>`;
  }

  #ask = () => {
    this.wantsContent = true;
    this.isUnplayable = false;
    void this.#content.load(true);
  };

  #recording(state: RecordingState) {
    const again = html`<button @click=${this.#ask}>Try again</button>`;
    if (state === 'none') return html`<p>This call has no recording.</p>`;
    if (this.#call.data?.call.status !== 'ended' && state === 'not-ready')
      return html`<p role="status">The call is still in progress; its recording comes after the end.</p><p>${again}</p>`;
    if (state === 'not-ready')
      return html`<p role="status">The recording is not ready yet: the voice service is still storing it, which takes a minute or two.</p><p>${again}</p>`;
    if (this.isUnplayable)
      return html`<p role="alert">The recording could not be loaded from the voice service.</p><p>${again}</p>`;
    const address = urlOf(`${this.#path()}/recording`);
    const failed = () => {
      this.isUnplayable = true;
    };
    return html`<p><audio controls preload="metadata" src=${address} @error=${failed} aria-label="Recording of the call"></audio></p>
      <p class="small"><a href="${address}?download=yes" download>Download the recording</a>, or
        <a href="${address}?download=yes&channels=stereo" download>in stereo, with each side in its own channel</a></p>`;
  }

  #said({ lines, recordingState }: Partial<TranscriptAnswer>) {
    return html`${recordingState ? this.#recording(recordingState) : ''}
      ${
        lines === undefined
          ? ''
          : lines.length === 0
            ? html`<p>There is no transcript.</p>`
            : html`<dl class="said">
            ${lines.map(
              ({ role, text }) =>
                html`<dt class="muted small">${role === 'assistant' ? 'Assistant' : 'Caller'}</dt><dd>${text}</dd>`,
            )}
          </dl>`
      }`;
  }
}
customElements.define('call-view', CallElement);

/** Named as it was when the call was judged. */
function outcomeFact(
  { outcome }: CallDetail,
  { name }: NonNullable<CallDetail['judgedBy']>,
): [string, string] {
  return [name ?? 'Outcome', outcome ? 'Counts' : 'Does not count'];
}

function howEnded({ endedClass, endedReason, status }: CallView): string {
  const reason = ending(endedReason ?? status);
  return endedClass === null || endedClass === 'talked' ? reason : `${endedWords[endedClass]} (${reason})`;
}

/** As the client's site has signed it. */
const visitorOf = ({ sub, name, email }: NonNullable<CallDetail['identity']>): string =>
  [name ?? (email === null ? sub : null), email].filter(Boolean).join(', ');

function resultsSection({ success }: CallDetail, { summary, evaluation, outputs }: CallResults) {
  const judged = success === true ? 'Yes' : success === false ? 'No' : evaluation;
  const facts = [
    ...(judged ? [['Success', judged]] : []),
    ...outputs.map(({ label, value }) => [label, shownValue(value)]),
  ];
  return html`<section>
    <h2>What it achieved</h2>
    ${summary ? html`<p>${summary}</p>` : ''}
    <dl class="figures plain">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
}

function shownValue(value: CallResults['outputs'][number]['value']): string {
  if (value === null) return 'not known';
  return typeof value === 'boolean' ? (value ? 'Yes' : 'No') : String(value);
}

function costTable(cost: NonNullable<CallView['cost']>) {
  const rows = Object.entries(cost).filter(([, micros]) => micros !== 0);
  return html`<section>
    <h2>Your cost</h2>
    ${table(
      'Your cost',
      ['Component', ['Cost', 'number']],
      rows.map(
        ([name, micros]) =>
          html`<tr><th scope="row">${name}</th><td class="number">${exactMoney(micros, 'usd')}</td></tr>`,
      ),
    )}
  </section>`;
}
