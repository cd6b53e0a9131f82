/** An outcome's conditions as the fields of a form, and in words. Pure. */
import type { KeptResults, OutcomeCondition, OutcomeRule } from '../../contract.ts';
import { endedWord } from './format.ts';

type Outputs = KeptResults['outputs'];

/** One condition while it is entered: what it is about, `output:booked` or `seconds`, and its value as text. */
export interface EnteredCondition {
  what?: string;
  value?: string | string[];
}

/** What a condition can be about. */
export function aboutChoices(outputs: Outputs): [what: string, label: string][] {
  const ofOutputs = outputs.flatMap(({ name, type, label }): [string, string][] => [
    [`output:${name}`, `${label} is`],
    ...(type === 'number' ? [[`least:${name}`, `${label} is at least`] as [string, string]] : []),
  ]);
  return [
    ...ofOutputs,
    ['success', 'Success is'],
    ['ended', 'Ended as one of'],
    ['seconds', 'Lasts at least (seconds)'],
  ];
}

/** How its value is entered. */
export function valueKind(
  what: string,
  outputs: Outputs,
): 'yes-no' | 'classes' | 'seconds' | 'number' | 'text' {
  if (what === 'ended') return 'classes';
  if (what === 'seconds') return 'seconds';
  if (what === 'success') return 'yes-no';
  const [kind, name] = what.split(':');
  const type = outputs.find((output) => output.name === name)?.type;
  if (kind === 'least' || type === 'number') return 'number';
  return type === 'boolean' ? 'yes-no' : 'text';
}

/** What cannot be read is sent as it is: the server says what is wrong with it. */
export function conditionOf({ what = '', value = '' }: EnteredCondition, outputs: Outputs): OutcomeCondition {
  const kind = valueKind(what, outputs);
  const text = Array.isArray(value) ? '' : value.trim();
  const number = text === '' || Number.isNaN(Number(text)) ? (text as unknown as number) : Number(text);
  if (kind === 'classes')
    return {
      kind: 'ended',
      classes: (Array.isArray(value) ? value : []) as OutcomeConditionOf<'ended'>['classes'],
    };
  if (kind === 'seconds') return { kind: 'seconds', least: number };
  if (what === 'success') return { kind: 'success', is: text === 'yes' };
  const [about, name = ''] = what.split(':');
  if (about === 'least') return { kind: 'output-at-least', name, least: number };
  return { kind: 'output', name, is: kind === 'yes-no' ? text === 'yes' : kind === 'number' ? number : text };
}
type OutcomeConditionOf<Kind> = Extract<OutcomeCondition, { kind: Kind }>;

export function enteredOf(condition: OutcomeCondition): EnteredCondition {
  const yesNo = (value: boolean) => (value ? 'yes' : 'no');
  switch (condition.kind) {
    case 'ended':
      return { what: 'ended', value: condition.classes };
    case 'seconds':
      return { what: 'seconds', value: String(condition.least) };
    case 'success':
      return { what: 'success', value: yesNo(condition.is) };
    case 'output-at-least':
      return { what: `least:${condition.name}`, value: String(condition.least) };
    case 'output': {
      const { name, is } = condition;
      return { what: `output:${name}`, value: typeof is === 'boolean' ? yesNo(is) : String(is) };
    }
  }
}

/** `Booked is yes and lasts at least 60 s` */
export function ruleWords({ match, conditions }: OutcomeRule, outputs: Outputs): string {
  return conditions.map((one) => conditionWords(one, outputs)).join(match === 'all' ? ' and ' : ' or ');
}

function conditionWords(condition: OutcomeCondition, outputs: Outputs): string {
  const labelOf = (name: string) => outputs.find((output) => output.name === name)?.label ?? name;
  switch (condition.kind) {
    case 'ended':
      return `ended as ${condition.classes.map((one) => `“${endedWord(one)}”`).join(' or ')}`;
    case 'seconds':
      return `lasts at least ${condition.least} s`;
    case 'success':
      return `success is ${condition.is ? 'yes' : 'no'}`;
    case 'output-at-least':
      return `“${labelOf(condition.name)}” is at least ${condition.least}`;
    case 'output': {
      const { name, is } = condition;
      return `“${labelOf(name)}” is ${typeof is === 'boolean' ? (is ? 'yes' : 'no') : `“${is}”`}`;
    }
  }
}
