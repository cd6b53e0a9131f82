/** What still has to be done for a new client; shows nothing once all of it is done. */
import { css, html, type TemplateResult } from 'lit';
import type { SetupAnswer } from '../../contract.ts';
import { moment } from '../pure/format.ts';
import { get } from './api.ts';
import { Resource } from './resource.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { shared } from './style.ts';
import { talkClosed } from './talk-box.ts';

/** @fires setup-loaded its detail is how far the client is set up */
export class SetupStepsElement extends ScopedElement {
  static override styles = [
    shared,
    css`
      ol { margin: 0; padding: 0; list-style: none; }
      li { display: flex; gap: 0.6rem; align-items: baseline; padding: 0.3rem 0; }
      .mark { flex: none; width: 1.25rem; }
    `,
  ];

  static override properties = { ...ScopedElement.properties, sites: { attribute: false } };
  /** The allowed origins. */
  declare sites: string[];

  constructor() {
    super();
    this.sites = [];
  }

  #setup = new Resource<SetupAnswer>(this, async () => {
    const detail = await get<SetupAnswer>(pathOf(this.scope, '/setup'));
    this.dispatchEvent(new CustomEvent('setup-loaded', { detail }));
    return detail;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(talkClosed, this.#again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener(talkClosed, this.#again);
  }

  #again = (): void => this.reload();

  protected override reload(): void {
    void this.#setup.load();
  }

  protected override render() {
    // A to-do list must not get in the way of the page itself: until it has loaded, none is shown.
    const { data } = this.#setup;
    if (data === null || data.isDone) return '';
    return this.#steps(data);
  }

  /** Never on a page of the portal itself: a call loads Daily's script, which could act as the operator. */
  #call() {
    const site = this.sites.find((origin) => !origin.includes('*'));
    return html`Make the first call${site ? html` on <a href=${site} target="_blank" rel="noopener noreferrer">${site}</a>` : ''}
      ${this.scope.canTalk ? html`<talk-box .scope=${this.scope}></talk-box>` : ''}`;
  }

  #steps({ connected, snippetSeen, plan, invited, firstCall }: SetupAnswer) {
    const { base, timeZone } = this.scope;
    const at = (time: string) => `${moment(time, timeZone)} (${timeZone})`;
    return html`<section>
      <h2>Set-up</h2>
      <ol>
        ${step(snippetSeen !== null, snippetSeen ? html`Snippet seen on ${snippetSeen.origin}` : html`<a href="${base}/site">Add the snippet</a> to the website`)}
        ${step(firstCall !== null, firstCall ? html`First call on ${at(firstCall)}` : this.#call())}
        ${step(connected, connected ? 'Vapi reports calls here' : html`<a href="${base}/settings">Let Vapi report calls here</a>; done once it has reported one`)}
        ${step(plan, plan ? 'Plan set' : html`<a href="${base}/billing">Set a plan</a>; without one, nothing is charged`)}
        ${step(invited !== null, invited ? html`Invited on ${at(invited)}` : html`<a href="${base}">Create a sign-in link</a> and send it to the client`)}
      </ol>
    </section>`;
  }
}
customElements.define('setup-steps', SetupStepsElement);

function step(isDone: boolean, text: string | TemplateResult) {
  return html`<li>
    <span class="mark ${isDone ? 'good' : 'muted'}" aria-hidden="true">${isDone ? '✓' : '○'}</span>
    <span><span class="unseen">${isDone ? 'Done: ' : 'To do: '}</span>${text}</span>
  </li>`;
}
