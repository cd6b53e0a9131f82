/** Short ways to write plans, calls and segments in the tests of billing. */
import { type PlanVersion, type Segment, segmentsOf } from '../../../server/billing/plan.ts';
import type { BillableCall } from '../../../server/billing/price.ts';
import { type Plan, type PlanInput, planSchema } from '../../../server/contract.ts';
import { noCost } from '../../../server/vapi/cost.ts';

type PriceInput = PlanInput['rates'][number]['price'];

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
