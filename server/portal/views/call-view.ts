/** One call: its figures and, on request, its transcript. */
import { html } from 'lit';
import type {
  CallDetail,
  CallView,
  PreviewAnswer,
  TranscriptAnswer,
  UnwantedReason,
} from '../../contract.ts';
import { get, urlOf } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { duration, ending, exactMoney, kindOf, moment } from '../pure/format.ts';

interface Shown {
  call: CallDetail;
  currency: string;
}

const whyUnwanted: Record<UnwantedReason, string> = {
  paused: 'Calls were paused',
  outdated: 'Its permission predates a pause, or was used too late',
  'no-grant': 'It was not started through this server',
};

export class CallElement extends ScopedElement {
  static override properties = { ...ScopedElement.properties, wantsContent: { state: true } };
  declare wantsContent: boolean;

  constructor() {
    super();
    this.wantsContent = false;
  }

  #call = new Resource<Shown>(this, async () => {
    const [call, { currency }] = await Promise.all([
      get<Shown['call']>(`${this.#path()}?prices=yes`),
      get<PreviewAnswer>(pathOf(this.scope, '/preview')),
    ]);
    return { call, currency };
  });
  #content = new Resource<TranscriptAnswer>(this, () => get(`${this.#path()}/transcript`));

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
      ['Price', call.priceMicros == null ? 'not known yet' : exactMoney(call.priceMicros, currency)],
      ...(scope.isOperator
        ? [
            [
              'Your cost',
              call.costMicros === null ? 'not known yet' : exactMoney(call.costMicros, 'usd'),
            ] as [string, string],
          ]
        : []),
      ['Type', kindOf(call.type)],
      ['How it ended', ending(call.endedReason ?? call.status)],
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
      <section>
        <h2>Transcript</h2>
        ${
          call.contentDeletedAt
            ? html`<p>It was deleted on ${moment(call.contentDeletedAt, scope.timeZone)}.</p>`
            : this.wantsContent
              ? this.#content.show((content) => this.#said(content))
              : html`<p class="muted">It is loaded from the voice service on request and not stored here.</p>
                <button @click=${this.#ask}>Load transcript</button>`
        }
      </section>`;
  }

  #ask = () => {
    this.wantsContent = true;
    void this.#content.load(true);
  };

  #said({ lines, recording }: TranscriptAnswer) {
    return html`${
      recording
        ? html`<p><audio controls preload="none" src=${urlOf(`${this.#path()}/recording`)} aria-label="Recording of the call"></audio></p>`
        : ''
    }
      ${
        lines.length === 0
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
