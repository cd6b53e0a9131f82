/** What a new operator does first. */
import { html } from 'lit';

/** @param hasSeller whether it is said who issues the invoices */
export function firstSteps(hasSeller: boolean) {
  return html`<section>
    <h2>First steps</h2>
    <ol>
      <li>${hasSeller ? html`<span class="good">Done:</span> ` : ''}<a href="#/agency">Say who you are</a>: the name and colour that your clients see, and what stands on invoices.</li>
      <li><a href="#/new-client">Add your first client</a>: its key at Vapi, its assistant, its pages. The snippet for its site is shown at the end.</li>
      <li>Give it a plan, on its page under “Billing”: without one nothing is charged.</li>
      <li>Make a sign-in link on its page and send it: the client then sees its own calls and invoices.</li>
      <li>When a month is over, issue the invoices under <a href="#/close">Month close</a>.</li>
    </ol>
    <p class="muted small">All of it can also be done with <code>vapi-agent</code> in a shell, or over HTTP.</p>
  </section>`;
}
