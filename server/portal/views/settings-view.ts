/** A client's settings: name, limits, opening hours, appearance, texts, consent, Vapi; and its end. */
import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import '../forms/access-form.ts';
import '../forms/consent-form.ts';
import { choice, field, flag } from '../forms/fields.ts';
import '../forms/hours-form.ts';
import '../forms/identity-box.ts';
import '../forms/key-box.ts';
import '../forms/leads-form.ts';
import '../forms/looks-form.ts';
import { TenantForm, wholeOrgLabel } from '../forms/tenant-form.ts';
import { titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import '../forms/texts-form.ts';
import '../forms/vapi-form.ts';
import '../parts/as-default.ts';
import '../parts/delete-box.ts';
import '../parts/wire-box.ts';

class NameFormElement extends TenantForm {
  protected readonly heading = 'Client';

  protected override fields({ name, wholeOrg }: TenantView) {
    return html`<div class="fields">
        ${field(this.form.errors, { name: 'name', label: 'Name', value: name, required: true, hint: 'Also shown to visitors.' })}
      </div>
      <p>${flag('wholeOrg', wholeOrgLabel, wholeOrg)}</p>`;
  }
}
customElements.define('name-form', NameFormElement);

/** The default depends on the access mode, so it is spelled out. */
const grantlessCalls = ({ accessMode }: TenantView) =>
  [
    [
      'auto',
      accessMode === 'proxy'
        ? 'Default: let them continue'
        : 'Default: end those with the website’s assistant',
    ],
    ['end', 'End all'],
    ['keep', 'Let all continue'],
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
        ${one('monthlyBudgetMicros', 'Monthly budget in US dollars', `The most Vapi may charge in a month (time zone: ${timeZone}); calls that could exceed it do not start.`)}
        ${one('worstCaseMicrosPerMinute', 'Worst-case cost per minute in US dollars', 'Reserved while a call runs; if set too low, the budget can be exceeded.')}
        ${one('concurrentCalls', 'Concurrent calls')}
        ${one('maxCallSeconds', 'Maximum call length in seconds')}
      </div>
      <h3>New calls from one visitor’s network</h3>
      <div class="fields">
        ${one('callsPerMinutePerIp', 'Per minute')} ${one('callsPerHourPerIp', 'Per hour')} ${one('callsPerDayPerIp', 'Per day')}
      </div>
      <h3>New calls from all visitors</h3>
      <div class="fields">
        ${one('callsPerMinute', 'Per minute')} ${one('callsPerHour', 'Per hour')} ${one('callsPerDay', 'Per day')}
      </div>
      <h3>Web calls not started through this server</h3>
      ${choice(this.form.errors, {
        ...{ name: 'webCallsWithoutGrant', label: 'How to handle them', value: webCallsWithoutGrant },
        choices: grantlessCalls(tenant),
        hint: 'Someone else has the key, or is testing from Vapi’s dashboard. Chats always continue; for calls by phone see “Phone”.',
      })}
      ${
        webCallsWithoutGrant === 'keep' && accessMode !== 'proxy'
          ? html`<p class="warn">Visitors’ browsers receive a key: anyone who copies it can make calls that are not ended here.</p>`
          : ''
      }`;
  }
}
customElements.define('limits-form', LimitsFormElement);

/** Opening hours are a client's own. */
function withoutHours({ limits: { hours: _hours, ...limits } }: TenantView) {
  return limits;
}

export class SettingsElement extends ScopedElement {
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  protected override reload(): void {}

  protected override render() {
    const { scope, tenant } = this;
    return html`<h1>${titleOf(scope, 'Settings')}</h1>
      <name-form .scope=${scope} .tenant=${tenant}></name-form>
      <limits-form .scope=${scope} .tenant=${tenant}></limits-form>
      ${scope.mayWrite ? html`<as-default .label=${'Use these limits for new clients'} .what=${{ limits: withoutHours(tenant) }}></as-default>` : ''}
      <access-form .scope=${scope} .tenant=${tenant}></access-form>
      <hours-form .scope=${scope} .tenant=${tenant}></hours-form>
      <looks-form .scope=${scope} .tenant=${tenant}></looks-form>
      <texts-form .scope=${scope} .tenant=${tenant}></texts-form>
      <consent-form .scope=${scope} .tenant=${tenant}></consent-form>
      <leads-form .scope=${scope} .tenant=${tenant}></leads-form>
      <vapi-form .scope=${scope} .tenant=${tenant}></vapi-form>
      ${scope.mayWrite ? html`<key-box .scope=${scope} .tenant=${tenant}></key-box><identity-box .scope=${scope} .tenant=${tenant}></identity-box><wire-box .scope=${scope}></wire-box><delete-box .scope=${scope}></delete-box>` : ''}`;
  }
}
customElements.define('settings-view', SettingsElement);
