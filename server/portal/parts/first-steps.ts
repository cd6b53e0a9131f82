/** The first steps of a new operator. */
import { html } from 'lit';

/** @param hasSeller whether the business details are entered */
export function firstSteps(hasSeller: boolean) {
  return html`<section>
    <h2>First steps</h2>
    <ol>
      <li>${hasSeller ? html`<span class="good">Done:</span> ` : ''}<a href="#/settings">Enter your business details</a>: the name and colour your clients see, and what invoices show.</li>
      <li><a href="#/new-client">Add your first client</a>: its Vapi key, assistant and website. You get its snippet at the end.</li>
      <li>Set its plan under “Billing” on its page: without one, nothing is charged.</li>
      <li>Create a sign-in link on its page and send it, so that the client sees its own calls and invoices.</li>
      <li>When a month is over, issue the invoices under <a href="#/close">Month-end</a>.</li>
    </ol>
    <p class="muted small">You can also do all of this with the <code>vapi-agent</code> command or over HTTP.</p>
  </section>`;
}
