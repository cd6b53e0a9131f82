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
import type { WordKey } from '../language/en.ts';
import { say } from '../language/words.ts';
import { get, recordingStateAt, urlOf } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, pricesCurrency, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { duration, endedWord, ending, exactMoney, kindOf, languageName, moment } from '../pure/format.ts';

interface Shown {
  call: CallDetail;
  /** Null for a reader that is shown no prices. */
  currency: string | null;
}

const whyUnwanted: Record<UnwantedReason, WordKey> = {
  paused: 'unwantedPaused',
  outdated: 'unwantedOutdated',
  'no-grant': 'unwantedNoGrant',
  'no-room': 'unwantedNoRoom',
  'used-up': 'unwantedUsedUp',
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
    return html`<p><a href="${this.scope.base}/calls">${say('allCalls')}</a></p>
      <h1>${titleOf(this.scope, this.#title())}</h1>
      ${this.#call.show((shown) => this.#details(shown))}`;
  }

  #title(): string {
    const { call } = this.#call.data ?? {};
    return call
      ? say('callAt', { when: moment(call.startedAt ?? call.createdAt, this.scope.timeZone) })
      : say('call');
  }

  #details({ call, currency }: Shown) {
    const { scope } = this;
    const facts: [string, string][] = [
      [say('started'), moment(call.startedAt ?? call.createdAt, scope.timeZone)],
      [say('length'), call.seconds === null ? say('notKnownYet') : duration(call.seconds)],
      ...(currency === null
        ? []
        : [
            [
              say('price'),
              call.priceMicros == null ? say('notKnownYet') : exactMoney(call.priceMicros, currency),
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
      ...(call.identity ? [[say('visitor'), visitorOf(call.identity)] as [string, string]] : []),
      [say('type'), kindOf(call.type)],
      [say('howEnded'), howEnded(call)],
      ...(call.language ? [[say('language'), languageName(call.language)] as [string, string]] : []),
      ...(call.latency
        ? [
            [say('answeredWithin'), say('seconds', { s: (call.latency.medianMs / 1000).toFixed(1) })] as [
              string,
              string,
            ],
          ]
        : []),
      ...(call.unwanted === null
        ? []
        : [[say('whyEnded'), say(whyUnwanted[call.unwanted])] as [string, string]]),
    ];
    return html`<section>
        <dl class="figures plain">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        <p class="muted small">${say('timeZone', { zone: scope.timeZone })} ${say('call')} <code>${call.id}</code></p>
      </section>
      ${
        call.dismissedAt
          ? html`<section><p class="warn">${say('dismissed', { when: moment(call.dismissedAt, scope.timeZone) })}</p></section>`
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
    const [title, load]: [WordKey, WordKey] =
      recordings && transcripts
        ? ['recordingAndTranscript', 'loadBoth']
        : recordings
          ? ['recording', 'loadRecording']
          : ['transcript', 'loadTranscript'];
    return html`<section>
        <h2>${say(title)}</h2>
        ${
          call.contentDeletedAt
            ? html`<p>${say('contentDeleted', { when: moment(call.contentDeletedAt, this.scope.timeZone) })}</p>`
            : this.wantsContent
              ? this.#content.show((content) => this.#said(content))
              : html`<p class="muted">${say('contentHelp')}</p>
                <button @click=${this.#ask}>${say(load)}</button>`
        }
      </section>`;
  }

  #ask = () => {
    this.wantsContent = true;
    this.isUnplayable = false;
    void this.#content.load(true);
  };

  #recording(state: RecordingState) {
    const again = html`<button @click=${this.#ask}>${say('tryAgain')}</button>`;
    if (state === 'none') return html`<p>${say('noRecording')}</p>`;
    if (this.#call.data?.call.status !== 'ended' && state === 'not-ready')
      return html`<p role="status">${say('recordingLater')}</p><p>${again}</p>`;
    if (state === 'not-ready') return html`<p role="status">${say('recordingNotReady')}</p><p>${again}</p>`;
    if (this.isUnplayable) return html`<p role="alert">${say('recordingFailed')}</p><p>${again}</p>`;
    const address = urlOf(`${this.#path()}/recording`);
    const failed = () => {
      this.isUnplayable = true;
    };
    return html`<p><audio controls preload="metadata" src=${address} @error=${failed} aria-label=${say('recordingName')}></audio></p>
      <p class="small"><a href="${address}?download=yes" download>${say('downloadRecording')}</a></p>
      <p class="small"><a href="${address}?download=yes&channels=stereo" download>${say('downloadStereo')}</a></p>`;
  }

  #said({ lines, recordingState }: Partial<TranscriptAnswer>) {
    return html`${recordingState ? this.#recording(recordingState) : ''}
      ${
        lines === undefined
          ? ''
          : lines.length === 0
            ? html`<p>${say('noTranscript')}</p>`
            : html`<dl class="said">
            ${lines.map(
              ({ role, text }) =>
                html`<dt class="muted small">${role === 'assistant' ? say('assistant') : say('caller')}</dt><dd dir="auto">${text}</dd>`,
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
  return [name ?? say('outcome'), say(outcome ? 'counts' : 'countsNot')];
}

function howEnded({ endedClass, endedReason, status }: CallView): string {
  const reason = ending(endedReason ?? status);
  return endedClass === null || endedClass === 'talked' ? reason : `${endedWord(endedClass)} (${reason})`;
}

/** As the client's site has signed it. */
const visitorOf = ({ sub, name, email }: NonNullable<CallDetail['identity']>): string =>
  [name ?? (email === null ? sub : null), email].filter(Boolean).join(', ');

function resultsSection({ success }: CallDetail, { summary, evaluation, outputs }: CallResults) {
  const judged = success === true ? say('yes') : success === false ? say('no') : evaluation;
  const facts = [
    ...(judged ? [[say('success'), judged]] : []),
    ...outputs.map(({ label, value }) => [label, shownValue(value)]),
  ];
  return html`<section>
    <h2>${say('achieved')}</h2>
    ${summary ? html`<p dir="auto">${summary}</p>` : ''}
    <dl class="figures plain">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </section>`;
}

function shownValue(value: CallResults['outputs'][number]['value']): string {
  if (value === null) return say('notKnown');
  return typeof value === 'boolean' ? (value ? say('yes') : say('no')) : String(value);
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
