/** Vapi's dollars (JSON numbers) as integer micros, by component. Pure. */
import { roundHalfUp } from '../base/money.ts';
import { type CostByComponent, type CostComponent, costComponents } from '../contract.ts';
import type { CallCost } from '../ledger/call-event.ts';

/** The cost fields of a report, a call or a chat; every one of them may be absent. */
export interface CostFields {
  cost?: number | null | undefined;
  costs?: CostItem[] | null | undefined;
  costBreakdown?: CostBreakdown | null | undefined;
}
export interface CostItem {
  type?: string | undefined;
  cost?: number | null | undefined;
}
export type CostBreakdown = Record<string, unknown>;

/**
 * The most that one call, or one part of it, can have cost: 12 hours, Vapi's longest call, at a hundred times its usual
 * price. A larger figure is a mistake or a forgery, and sums of many could exceed safe integers.
 */
export const maxCallUsd = 10_000;
/** A report has about ten. */
const maxItems = 200;

/** `costs[].type` (vapi-facts 4.1) in our words; a type that is not listed counts as `other`. */
const componentOfItem: Record<string, CostComponent> = {
  transport: 'transport',
  transcriber: 'stt',
  model: 'llm',
  voice: 'tts',
  vapi: 'vapi',
  analysis: 'analysis',
  'knowledge-base': 'knowledgeBase',
};

const componentOfBreakdown: Record<string, CostComponent> = {
  transport: 'transport',
  stt: 'stt',
  llm: 'llm',
  tts: 'tts',
  vapi: 'vapi',
  chat: 'llm',
  knowledgeBaseCost: 'knowledgeBase',
  voicemailDetectionCost: 'other',
};

/**
 * A decimal number of dollars as micros, half up at the seventh place. The shortest text that gives the number back is
 * the decimal that was sent, so no binary fraction gets into the money.
 */
export function usdToMicros(usd: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(usd));
  if (!match) throw new RangeError(`not an amount: ${usd}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  const shift = 6 - fraction.length + Number(exponent);
  const micros = shift >= 0 ? digits * 10n ** BigInt(shift) : roundHalfUp(digits, 10n ** BigInt(-shift));
  const value = Number(sign ? -micros : micros);
  if (!Number.isSafeInteger(value)) throw new RangeError(`amount out of range: ${usd}`);
  return value;
}

/**
 * What the call cost: `cost`, which is what Vapi charges; where it is missing, the breakdown's total or the items' sum.
 * Vapi rounds parts and total separately, so `other` gets the difference and the parts sum to the total.
 * @returns null when Vapi has reported no cost, or an impossible one: below zero, which would add to the budget, or
 *   out of bounds in the whole, in a part, in a component's sum or in their number
 */
export function readCost(fields: CostFields): CallCost | null {
  const cost = addUp(fields);
  return cost === 'implausible' || cost === null || cost.totalMicros < 0 ? null : cost;
}

/** Whether the reported cost is impossible for any call: it is not booked, and Vapi is asked for it. */
export function isImplausible(fields: CostFields): boolean {
  return addUp(fields) === 'implausible';
}

/** @returns null when no cost is reported */
function addUp(fields: CostFields): CallCost | 'implausible' | null {
  if (hasImplausiblePart(fields)) return 'implausible';
  const items = (fields.costs ?? []).filter((item) => typeof item.cost === 'number');
  const components = items.length > 0 ? fromItems(items) : fromBreakdown(fields.costBreakdown ?? {});
  const sum = costComponents.reduce((total, component) => total + components[component], 0);
  const breakdownTotal = fields.costBreakdown?.total;
  let totalMicros: number | null = null;
  if (typeof fields.cost === 'number') totalMicros = usdToMicros(fields.cost);
  else if (typeof breakdownTotal === 'number') totalMicros = usdToMicros(breakdownTotal);
  else if (items.length > 0) totalMicros = sum;
  if (totalMicros !== null) components.other += totalMicros - sum;
  // Each part may be in bounds although many of them, offset by others, are not.
  const amounts = [totalMicros ?? 0, ...costComponents.map((component) => components[component])];
  if (amounts.some((micros) => Math.abs(micros) > maxCallUsd * 1_000_000)) return 'implausible';
  return totalMicros === null ? null : { totalMicros, components };
}

function hasImplausiblePart({ cost, costs, costBreakdown }: CostFields): boolean {
  if ((costs?.length ?? 0) > maxItems) return true;
  const analysis = costBreakdown?.analysisCostBreakdown;
  const parts = [
    cost,
    costBreakdown?.total,
    ...(costs ?? []).map((item) => item.cost),
    ...Object.keys(componentOfBreakdown).map((name) => costBreakdown?.[name]),
    ...(typeof analysis === 'object' && analysis !== null
      ? analysisParts.map((name) => (analysis as Record<string, unknown>)[name])
      : []),
  ].filter((part) => typeof part === 'number');
  return parts.some((part) => !(Math.abs(part) <= maxCallUsd)) || sumOf(costs) > maxCallUsd;
}

function sumOf(costs: CostFields['costs']): number {
  return Math.abs((costs ?? []).reduce((sum, item) => sum + (item.cost ?? 0), 0));
}

const analysisParts = ['summary', 'structuredData', 'successEvaluation', 'structuredOutput'];

function fromItems(items: CostItem[]): CostByComponent {
  const components = noCost();
  for (const item of items) {
    const component = componentOfItem[item.type ?? ''] ?? 'other';
    components[component] += usdToMicros(item.cost ?? 0);
  }
  return components;
}

function fromBreakdown(breakdown: CostBreakdown): CostByComponent {
  const components = noCost();
  for (const [name, component] of Object.entries(componentOfBreakdown)) {
    const value = breakdown[name];
    if (typeof value === 'number') components[component] += usdToMicros(value);
  }
  const analysis = breakdown.analysisCostBreakdown;
  if (typeof analysis === 'object' && analysis !== null) {
    for (const name of analysisParts) {
      const value = (analysis as Record<string, unknown>)[name];
      if (typeof value === 'number') components.analysis += usdToMicros(value);
    }
  }
  return components;
}

export function noCost(): CostByComponent {
  return { transport: 0, stt: 0, llm: 0, tts: 0, vapi: 0, analysis: 0, knowledgeBase: 0, other: 0 };
}
