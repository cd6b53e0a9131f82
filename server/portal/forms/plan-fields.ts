/** The fields of a plan. Values without a field, such as a markup for one component, stay unchanged. */
import { html, type TemplateResult } from 'lit';
import type { Plan, Price, Rate } from '../../contract.ts';
import type { FieldError } from '../parts/api.ts';
import { channelNames } from '../pure/plan-words.ts';
import { choices, field } from './fields.ts';

/** Changes to the plan's structure, and so to its fields. */
export interface Reshape {
  kind(rate: number, kind: Price['kind']): void;
  tiers(rate: number, by: 1 | -1): void;
  rates(by: 1 | -1): void;
}

const kinds: readonly (readonly [Price['kind'], string])[] = [
  ['included', 'Included minutes, then per minute'],
  ['per-minute', 'Per minute'],
  ['graduated', 'Per minute, cheaper with volume'],
  ['cost-plus', 'Cost plus markup'],
  ['per-call', 'Per call'],
  ['free', 'Included in the fee'],
];

/** @param isFixed the tenant already has plans in this currency, and all must use the same */
export function planFields(
  errors: FieldError[],
  plan: Plan,
  isFixed: boolean,
  reshape: Reshape,
): TemplateResult {
  const { name, currency, usdRateMicros, monthlyFeeCents, minimumCents, rates } = plan;
  const amount = { as: 'cents' as const, currency, required: true };
  return html`<div class="fields">
      ${field(errors, { name: 'plan.name', label: 'Name', value: name, required: true, hint: 'Your client sees it.' })}
      ${field(errors, { name: 'plan.currency', label: 'Currency', value: currency, required: true, readonly: isFixed, hint: isFixed ? 'All plans of a client use the same currency.' : 'Three lowercase letters, such as usd or eur.' })}
      ${field(errors, { ...amount, name: 'plan.monthlyFeeCents', label: 'Monthly fee', value: monthlyFeeCents })}
      ${field(errors, { ...amount, name: 'plan.minimumCents', label: 'Monthly minimum', value: minimumCents, hint: 'Fee and usage together; 0 = no minimum.' })}
      ${currency === 'usd' ? '' : field(errors, { name: 'plan.usdRateMicros', label: `One US dollar in ${currency}`, as: 'micros', currency, value: usdRateMicros, required: true })}
    </div>
    ${rates.map((rate, index) => rateFields(errors, rate, index, plan, reshape))}
    <p class="row">
      <button type="button" @click=${() => reshape.rates(1)}>Add a price for some channels</button>
      ${rates.length > 1 ? html`<button type="button" @click=${() => reshape.rates(-1)}>Remove last price</button>` : ''}
    </p>`;
}

function rateFields(
  errors: FieldError[],
  { channels, price }: Rate,
  index: number,
  plan: Plan,
  reshape: Reshape,
): TemplateResult {
  const path = `plan.rates.${index}`;
  const whole = errors.filter((error) => error.path === path || error.path === 'plan.rates');
  return html`<fieldset>
    <legend>${plan.rates.length > 1 ? `Price ${index + 1}` : 'Price'}</legend>
    ${whole.map(({ message }) => html`<p class="bad small">${message}</p>`)}
    <div @change=${(event: Event) => onlyHere(event, `${path}.channels`)}>
      ${choices(errors, { name: `${path}.channels`, label: 'Applies to', values: channels, choices: channelNames })}
    </div>
    <div class="fields">
      <div class="field broad">
        <label for="${path}.kind">Pricing model</label>
        <select id="${path}.kind" @change=${(event: Event) => reshape.kind(index, (event.target as HTMLSelectElement).value as Price['kind'])}>
          ${kinds.map(([kind, label]) => html`<option value=${kind} ?selected=${kind === price.kind}>${label}</option>`)}
        </select>
      </div>
      ${priceFields(errors, price, `${path}.price`, plan.currency)}
    </div>
    ${price.kind === 'graduated' ? tierButtons(price.tiers.length, index, reshape) : ''}
  </fieldset>`;
}

/** A channel has one price: selecting it here clears it elsewhere. */
function onlyHere(event: Event, name: string): void {
  const { form, value, checked } = event.target as HTMLInputElement;
  if (!checked || !form) return;
  for (const other of form.querySelectorAll<HTMLInputElement>(`[data-as=texts][value="${value}"]`)) {
    if (other.name !== name) other.checked = false;
  }
}

function priceFields(errors: FieldError[], price: Price, path: string, currency: string): TemplateResult {
  const one = (name: string, label: string, value: number, more: Partial<Parameters<typeof field>[1]> = {}) =>
    field(errors, {
      ...{ name: `${path}.${name}`, label, value, as: 'micros', currency, required: true },
      ...more,
    });
  const minute = (value: number, label = 'Per minute') => one('perMinuteMicros', label, value);
  const steps = (of: { initialSeconds: number; incrementSeconds: number }) => html`
    ${one('initialSeconds', 'Minimum charge in seconds', of.initialSeconds, { as: 'whole' })}
    ${one('incrementSeconds', 'Billing increment in seconds', of.incrementSeconds, { as: 'whole' })}`;
  switch (price.kind) {
    case 'free':
      return html``;
    case 'per-minute':
      return html`${minute(price.perMinuteMicros)} ${steps(price)}`;
    case 'included':
      return html`${one('includedMinutes', 'Included minutes', price.includedMinutes, { as: 'whole' })}
        ${minute(price.perMinuteMicros, 'Overage per minute')} ${steps(price)}`;
    case 'graduated':
      return html`${price.tiers.map(
        ({ upToMinutes, perMinuteMicros }, tier) => html`
          ${upToMinutes === null ? '' : one(`tiers.${tier}.upToMinutes`, `Tier ${tier + 1}: up to minute`, upToMinutes, { as: 'whole' })}
          ${one(`tiers.${tier}.perMinuteMicros`, `Tier ${tier + 1}: per minute`, perMinuteMicros)}`,
      )} ${steps(price)}`;
    case 'cost-plus':
      return html`${one('markupBps', 'Markup in percent', price.markupBps, { as: 'percent' })}
        ${minute(price.perMinuteMicros, 'Plus per minute')} ${steps(price)}`;
    case 'per-call':
      return one('perCallMicros', 'Per call', price.perCallMicros);
    default:
      return price satisfies never;
  }
}

function tierButtons(tiers: number, index: number, reshape: Reshape) {
  return html`<p class="row">
    <button type="button" @click=${() => reshape.tiers(index, 1)}>Add tier</button>
    ${tiers > 1 ? html`<button type="button" @click=${() => reshape.tiers(index, -1)}>Remove last tier</button>` : ''}
  </p>`;
}
