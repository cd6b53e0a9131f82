/** Weekly intervals as fields, for the operator's form of them and the client's own. */
import { html } from 'lit';
import type { OpeningHours } from '../../contract.ts';
import { dateLocale, say } from '../language/words.ts';
import type { FieldError } from '../parts/api.ts';
import { choices, field } from './fields.ts';

/** 1 = Monday; 1 January 2024 was one. */
function days(): [number, string][] {
  const format = new Intl.DateTimeFormat(dateLocale(), { weekday: 'short', timeZone: 'UTC' });
  return [1, 2, 3, 4, 5, 6, 7].map((day) => [day, format.format(Date.UTC(2024, 0, day))]);
}

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
  return html`<p>${intervals.length === 0 ? say('alwaysOpen') : say('openDuring', { zone: timeZone })}</p>
    ${intervals.map((interval, index) => {
      const one = `${path}.${index}`;
      return html`<fieldset>
        <legend>${say('interval', { n: index + 1 })}</legend>
        ${choices(errors, { name: `${one}.days`, label: say('startsOn'), values: interval.days, choices: days() })}
        <div class="fields">
          ${field(errors, { name: `${one}.from`, label: say('from'), type: 'time', value: interval.from, required: true })}
          ${field(errors, { name: `${one}.to`, label: say('to'), type: 'time', value: interval.to, required: true })}
        </div>
        <p><button type="button" aria-label=${say('removeInterval', { n: index + 1 })} @click=${() => change((all) => all.toSpliced(index, 1))}>${say('remove')}</button></p>
      </fieldset>`;
    })}
    <p><button type="button" id="add" @click=${() => change((all) => [...all, added])}>
      ${intervals.length === 0 ? say('setHours') : say('addInterval')}
    </button></p>`;
}
