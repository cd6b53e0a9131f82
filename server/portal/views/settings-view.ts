/** What the operator sets for a client: its name and limits, when it is open, how it looks, what it says. */
import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import '../forms/consent-form.ts';
import { choice, field, flag } from '../forms/fields.ts';
import '../forms/hours-form.ts';
import '../forms/looks-form.ts';
import { TenantForm, wholeOrgLabel } from '../forms/tenant-form.ts';
import { titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import '../forms/texts-form.ts';
import '../parts/wire-box.ts';

class NameFormElement extends TenantForm {
  protected readonly heading = 'Client';

  protected override fields({ name, wholeOrg }: TenantView) {
    return html`<div class="fields">
        ${field(this.form.errors, { name: 'name', label: 'Name', value: name, required: true, hint: 'Visitors see it too.' })}
      </div>
      <p>${flag('wholeOrg', wholeOrgLabel, wholeOrg)}</p>`;
  }
}
customElements.define('name-form', NameFormElement);

/** By default as the access mode needs it: what that is, is said here. */
const grantlessCalls = ({ accessMode }: TenantView) =>
  [
    ['auto', accessMode === 'proxy' ? 'Usual: they go on' : 'Usual: end those with the site’s assistant'],
    ['end', 'End all of them'],
    ['keep', 'Let all of them go on'],
  ] as const;

class LimitsFormElement extends TenantForm {
  protected readonly heading = 'Limits';

  protected override fields(tenant: TenantView) {
    const { limits, timeZone, accessMode, webCallsWithoutGrant } = tenant;
    const one = (name: Exclude<keyof typeof limits, 'hours'>, label: string, hint?: string) =>
      field(this.form.errors, {
        ...{ name: `limits.${name}`, label, value: limits[name], required: true, hint },
        as: name.includes('Micros') ? 'micros' : 'whole',
      });
    return html`<div class="fields">
        ${one('monthlyBudgetMicros', 'Budget a month, in US dollars', `What Vapi may charge in a month of ${timeZone}; no call starts that could pass it.`)}
        ${one('worstCaseMicrosPerMinute', 'Dearest minute, in US dollars', 'Held for each call in progress: lower than the truth lets the budget be passed.')}
        ${one('concurrentCalls', 'Calls at the same time')}
        ${one('maxCallSeconds', 'Longest call, in seconds')}
      </div>
      <h3>New calls of one visitor’s network</h3>
      <div class="fields">
        ${one('callsPerMinutePerIp', 'A minute')} ${one('callsPerHourPerIp', 'An hour')} ${one('callsPerDayPerIp', 'A day')}
      </div>
      <h3>New calls of all visitors together</h3>
      <div class="fields">
        ${one('callsPerMinute', 'A minute')} ${one('callsPerHour', 'An hour')} ${one('callsPerDay', 'A day')}
      </div>
      <h3>Web calls that no visitor was let into</h3>
      ${choice(this.form.errors, {
        ...{ name: 'webCallsWithoutGrant', label: 'What becomes of them', value: webCallsWithoutGrant },
        choices: grantlessCalls(tenant),
        hint: 'Somebody else has the key, or tests from Vapi’s dashboard. Calls by phone and chats always go on.',
      })}
      ${
        webCallsWithoutGrant === 'keep' && accessMode !== 'proxy'
          ? html`<p class="warn">Visitors’ browsers get a key: whoever copies it can make calls that nothing here ends.</p>`
          : ''
      }`;
  }
}
customElements.define('limits-form', LimitsFormElement);

export class SettingsElement extends ScopedElement {
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  protected override reload(): void {}

  protected override render() {
    const { scope, tenant } = this;
    return html`<h1>${titleOf(scope, 'Settings')}</h1>
      <name-form .scope=${scope} .tenant=${tenant}></name-form>
      <limits-form .scope=${scope} .tenant=${tenant}></limits-form>
      <hours-form .scope=${scope} .tenant=${tenant}></hours-form>
      <looks-form .scope=${scope} .tenant=${tenant}></looks-form>
      <texts-form .scope=${scope} .tenant=${tenant}></texts-form>
      <consent-form .scope=${scope} .tenant=${tenant}></consent-form>
      ${scope.mayWrite ? html`<wire-box .scope=${scope}></wire-box>` : ''}`;
  }
}
customElements.define('settings-view', SettingsElement);
