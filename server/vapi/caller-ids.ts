/** By which numbers and e-mail addresses the person in a call is known. */
import { z } from 'zod';
import { callerIdOf } from '../ledger/caller-id.ts';

const values = z.record(z.string(), z.unknown()).nullish().catch(null);
const overrides = z.looseObject({ variableValues: values }).nullish().catch(null);
const analysis = z
  .looseObject({ summary: z.string().nullish().catch(null), structuredData: z.unknown() })
  .nullish()
  .catch(null);
export const personalSchema = z.looseObject({
  customer: values,
  assistantOverrides: overrides,
  squadOverrides: overrides,
  analysis,
});

/** More are a mistake, or an attack. */
const mostCallers = 20;
const mostDepth = 4;

/**
 * Numbers and addresses of the person: those that Vapi names as the customer's, and those among the page's variables and
 * the extracted data.
 * @param report a message about the call, which has newer parts than the call in it
 */
export function readCallerIds(call: unknown, report: unknown = {}): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (found.size >= mostCallers || depth > mostDepth) return;
    if (typeof value === 'string' || typeof value === 'number') {
      const id = callerIdOf(String(value));
      if (id !== null) found.add(id);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner, depth + 1);
    }
  };
  for (const part of [report, call]) {
    const { customer, assistantOverrides, squadOverrides, analysis } =
      personalSchema.safeParse(part).data ?? {};
    visit([customer?.number, customer?.email], 0);
    visit([assistantOverrides?.variableValues, squadOverrides?.variableValues, analysis?.structuredData], 0);
  }
  return [...found];
}
