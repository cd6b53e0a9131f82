/** Whether a call counts as the outcome that its operator has defined. Pure. */
import type { EndedClass, OutcomeCondition, OutcomeRule, OutputValue } from '../contract.ts';

/** What is known of a call; null and what is absent fulfil no condition. */
export interface OutcomeFacts {
  endedClass: EndedClass | null;
  success: boolean | null;
  seconds: number | null;
  outputs: Record<string, OutputValue>;
}

/** Each condition, in order. */
export function fulfilledBy(rule: OutcomeRule, facts: OutcomeFacts): boolean[] {
  return rule.conditions.map((condition) => isFulfilled(condition, facts));
}

export function countsAs(rule: OutcomeRule, facts: OutcomeFacts): boolean {
  const fulfilled = fulfilledBy(rule, facts);
  return rule.match === 'all' ? fulfilled.every(Boolean) : fulfilled.some(Boolean);
}

function isFulfilled(condition: OutcomeCondition, facts: OutcomeFacts): boolean {
  switch (condition.kind) {
    case 'ended':
      return facts.endedClass !== null && condition.classes.includes(facts.endedClass);
    case 'success':
      return facts.success === condition.is;
    case 'seconds':
      return facts.seconds !== null && facts.seconds >= condition.least;
    case 'output': {
      const value = outputIn(facts, condition.name);
      return value !== undefined && asCompared(value) === asCompared(condition.is);
    }
    case 'output-at-least': {
      const value = outputIn(facts, condition.name);
      return typeof value === 'number' && value >= condition.least;
    }
  }
}

function outputIn({ outputs }: OutcomeFacts, name: string): OutputValue | undefined {
  return Object.hasOwn(outputs, name) ? outputs[name] : undefined;
}

const asCompared = (value: OutputValue) => (typeof value === 'string' ? value.trim().toLowerCase() : value);

/** The type that the rule expects of each output that it names. */
export function outputsNamed(rule: OutcomeRule): { name: string; type: 'boolean' | 'number' | 'text' }[] {
  return rule.conditions.flatMap((condition) => {
    if (condition.kind === 'output-at-least') return [{ name: condition.name, type: 'number' as const }];
    if (condition.kind !== 'output') return [];
    const type = typeof condition.is;
    return [{ name: condition.name, type: type === 'string' ? 'text' : (type as 'boolean' | 'number') }];
  });
}
