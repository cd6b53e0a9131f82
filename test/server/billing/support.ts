/** Short forms for plans, calls and segments in the billing tests. */
import { type Segment, segmentsOf } from '../../../server/billing/plan/plan.ts';
import type { BillableCall } from '../../../server/billing/plan/price.ts';
import {
  createRater,
  type OpenCall,
  type RatedCall,
  type RatedLine,
} from '../../../server/billing/plan/rating.ts';
import { type Plan, type PlanInput, planSchema } from '../../../server/contract.ts';
import type { PlanVersion } from '../../../server/store/plans.ts';
import { noCost } from '../../../server/vapi/cost.ts';

export type PriceInput = PlanInput['rates'][number]['price'];

/** A plan with one price for everything. */
export function planOf(price: PriceInput, changes: Partial<PlanInput> = {}): Plan {
  return planSchema.parse({
    name: 'Test',
    currency: 'usd',
    rates: [{ channels: ['web', 'inbound', 'outbound', 'chat'], price }],
    ...changes,
  });
}

export function segmentsFor(plan: Plan, month = '2026-11', fromDay = `${month}-01`): Segment[] {
  return segmentsOf([{ id: 'pln_1', fromDay, version: 1, plan }], month);
}

export function versions(...entries: [fromDay: string, plan: Plan | null][]): PlanVersion[] {
  return entries.map(([fromDay, plan], index) => ({
    id: `pln_${index + 1}`,
    fromDay,
    version: index + 1,
    plan,
  }));
}

let counter = 0;
/** A web call on 10 November 2026; ids rise with each. The cost is all Vapi's own unless `cost` says otherwise. */
export function call(seconds: number | null, changes: Partial<BillableCall> = {}): BillableCall {
  counter += 1;
  const { costMicros = 100_000 } = changes;
  return {
    id: `call-${String(counter).padStart(6, '0')}`,
    day: '2026-11-10',
    createdAt: counter,
    channel: 'web',
    seconds,
    costMicros,
    cost: costMicros === null ? null : { ...noCost(), vapi: costMicros },
    ...changes,
  };
}

export interface Rating {
  lines: RatedLine[];
  calls: RatedCall[];
  /** Calls that cannot be billed yet, and why. */
  open: OpenCall[];
}

/** A whole month at once. The calls may arrive in any order, and more than once. */
export function rate(segments: Segment[], calls: BillableCall[]): Rating {
  const rater = createRater(segments);
  const rated: RatedCall[] = [];
  const open: OpenCall[] = [];
  for (const each of [...new Map(calls.map((one) => [one.id, one])).values()].sort(inBillingOrder)) {
    const result = rater.add(each);
    if ('open' in result) open.push(result);
    else rated.push(result);
  }
  return { lines: rater.lines(), calls: rated, open };
}

/** The order in which the store reads them. */
export function inBillingOrder(a: BillableCall, b: BillableCall): number {
  if (a.day !== b.day) return a.day < b.day ? -1 : 1;
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
