/** The form of the sign-in page, for someone whose sign-in has ended; it leaves this page. */
import { html } from 'lit';
import { say } from '../language/words.ts';

export function linkForm() {
  return html`<form method="post" action="link">
    <p class="field">
      <label for="email">${say('email')}</label>
      <input id="email" name="email" type="email" autocomplete="username" maxlength="254" required>
    </p>
    <p><button class="main">${say('mailLink')}</button></p>
  </form>`;
}
