/** The form of the sign-in page, for someone whose sign-in has ended; it leaves this page. */
import { html } from 'lit';

export function linkForm() {
  return html`<form method="post" action="link">
    <p class="field">
      <label for="email">E-mail address</label>
      <input id="email" name="email" type="email" autocomplete="username" maxlength="254" required>
    </p>
    <p><button class="main">E-mail me a link</button></p>
  </form>`;
}
