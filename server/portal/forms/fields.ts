/** The fields of a form, each with a label, a hint and its errors. `form.ts` reads them. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Party } from '../../contract.ts';
import type { FieldError } from '../parts/api.ts';
import { type FieldKind, toText } from '../pure/field-kinds.ts';

export interface Field {
  /** The path of its value in the request's body: `buyer.name`. */
  name: string;
  label: string;
  /** As in the request's body. */
  value: unknown;
  /** Default `text`. */
  as?: FieldKind;
  hint?: string | TemplateResult | undefined;
  /** What an empty field becomes in the body: nothing at that path (the default), null, or the value of an empty text. */
  empty?: 'omit' | 'null' | 'keep';
  /** The currency of an amount. */
  currency?: string;
  /** The input's type: `email`, `date`, `password`, … */
  type?: string;
  /** Default `off`: what is entered here is about someone else. */
  autocomplete?: 'off' | 'new-password';
  /** Makes it a field of several lines; how many are shown. */
  rows?: number;
  /** Takes the full width. */
  isBroad?: boolean;
  placeholder?: string;
  readonly?: boolean;
  /** The form is not sent while it is empty. */
  required?: boolean;
  /** The id of a datalist in the same form. */
  list?: string;
}

/** A field of one line or, with `rows`, of several. */
export function field(errors: FieldError[], options: Field): TemplateResult {
  const { name, as = 'text', empty = 'omit', currency = 'usd', type = 'text', rows, required } = options;
  const text = toText(as, options.value, currency);
  const { described, invalid, after } = around(errors, name, options.hint);
  const numeric = /^(whole|cents|micros|percent|fine-percent)$/.test(as);
  const control = rows
    ? html`<textarea id=${name} name=${name} data-as=${as} data-empty=${empty} rows=${rows} .defaultValue=${text}
        placeholder=${options.placeholder ?? nothing} aria-describedby=${described} aria-invalid=${invalid} ?required=${required}></textarea>`
    : html`<input id=${name} name=${name} data-as=${as} data-empty=${empty} type=${type} value=${text}
        inputmode=${numeric ? 'decimal' : nothing} autocomplete=${options.autocomplete ?? 'off'} spellcheck="false"
        placeholder=${options.placeholder ?? nothing} list=${options.list ?? nothing} ?readonly=${options.readonly}
        aria-describedby=${described} aria-invalid=${invalid} ?required=${required}>`;
  return html`<div class="field ${options.isBroad ? 'broad' : ''}"><label for=${name}>${options.label}</label>${control}${after}</div>`;
}

/** Where a party is, for e-invoices. @param path of the party in the body, with its dot */
export function placeFields(
  errors: FieldError[],
  path: string,
  { postCode, city, country }: Partial<Party>,
): TemplateResult {
  return html`${field(errors, { name: `${path}postCode`, label: 'Postcode', value: postCode, hint: 'Leave postcode and city empty if they are in the address.' })}
    ${field(errors, { name: `${path}city`, label: 'City', value: city })}
    ${field(errors, { name: `${path}country`, label: 'Country', value: country, placeholder: 'DE', hint: 'Its two letters. E-invoices need it.' })}`;
}

export interface Choice {
  name: string;
  label: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  hint?: string | TemplateResult | undefined;
  empty?: 'omit' | 'null' | 'keep';
}

/** One of several options. */
export function choice(errors: FieldError[], { name, label, value, choices, hint, empty = 'omit' }: Choice) {
  const { described, invalid, after } = around(errors, name, hint);
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <select id=${name} name=${name} data-as="text" data-empty=${empty} aria-describedby=${described} aria-invalid=${invalid}>
      ${choices.map(([one, text]) => html`<option value=${one} ?selected=${one === value}>${text}</option>`)}
    </select>
    ${after}
  </div>`;
}

export interface Choices {
  name: string;
  label: string;
  /** The selected ones. */
  values: readonly (string | number)[];
  choices: readonly (readonly [value: string | number, label: string])[];
}

/** Any of several options: a list in the body, of numbers if the values are numbers. */
export function choices(errors: FieldError[], { name, label, values, choices: all }: Choices) {
  const { described, after } = around(errors, name, undefined);
  return html`<fieldset class="choices" aria-describedby=${described}>
    <legend>${label}</legend>
    ${all.map(
      ([value, text]) => html`<label class="tick">
        <input type="checkbox" name=${name} data-as=${typeof value === 'number' ? 'numbers' : 'texts'} value=${value}
          ?checked=${values.includes(value)}>${text}
      </label>`,
    )}
    ${after}
  </fieldset>`;
}

/** Yes or no. */
export function flag(name: string, label: string, value: boolean) {
  return html`<label class="tick"><input type="checkbox" name=${name} data-as="flag" ?checked=${value}>${label}</label>`;
}

/** An error at `limits.hours.0` is also shown at the field `limits.hours`. */
function around(errors: FieldError[], name: string, hint: Field['hint']) {
  const own = errors.filter(({ path }) => path === name || path.startsWith(`${name}.`));
  const ids = [...(hint ? [`${name}-hint`] : []), ...(own.length > 0 ? [`${name}-error`] : [])];
  return {
    described: ids.length > 0 ? ids.join(' ') : nothing,
    invalid: own.length > 0 ? ('true' as const) : nothing,
    after: html`${hint ? html`<p class="muted small" id="${name}-hint">${hint}</p>` : ''}
      ${own.length > 0 ? html`<p class="bad small" id="${name}-error">${own.map(({ message }) => message).join('; ')}</p>` : ''}`,
  };
}
