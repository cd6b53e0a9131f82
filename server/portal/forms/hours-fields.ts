/** Weekly intervals as fields, for the operator's form of them and the client's own. */
import { html } from 'lit';
import type { OpeningHours } from '../../contract.ts';
import type { FieldError } from '../parts/api.ts';
import { choices, field } from './fields.ts';

const days = [
  [1, 'Mon'],
  [2, 'Tue'],
  [3, 'Wed'],
  [4, 'Thu'],
  [5, 'Fri'],
  [6, 'Sat'],
  [7, 'Sun'],
] as const;

/**
 * @param path of the intervals in the body @param intervals those that are shown
 * @param change called with what a press makes of the intervals as entered
 */
export function hoursFields(
  errors: FieldError[],
  path: string,
  intervals: OpeningHours,
  timeZone: string,
  change: (how: (entered: OpeningHours) => OpeningHours) => void,
) {
  const added = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };
  return html`<p>${intervals.length === 0 ? 'Always open.' : `Open during these intervals (time zone: ${timeZone}). An interval that ends before it starts continues into the next day.`}</p>
    ${intervals.map((interval, index) => {
      const one = `${path}.${index}`;
      return html`<fieldset>
        <legend>Interval ${index + 1}</legend>
        ${choices(errors, { name: `${one}.days`, label: 'Starts on', values: interval.days, choices: days })}
        <div class="fields">
          ${field(errors, { name: `${one}.from`, label: 'From', type: 'time', value: interval.from, required: true })}
          ${field(errors, { name: `${one}.to`, label: 'To', type: 'time', value: interval.to, required: true })}
        </div>
        <p><button type="button" aria-label="Remove interval ${index + 1}" @click=${() => change((all) => all.toSpliced(index, 1))}>Remove</button></p>
      </fieldset>`;
    })}
    <p><button type="button" id="add" @click=${() => change((all) => [...all, added])}>
      ${intervals.length === 0 ? 'Set opening hours' : 'Add interval'}
    </button></p>`;
}
