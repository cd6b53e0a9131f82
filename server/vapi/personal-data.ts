/** What Vapi's call object says about the person in the call. */
import { readLines } from './call-content.ts';
import type { VapiCall } from './call-record.ts';
import { personalSchema } from './caller-ids.ts';

/** For the person's own copy. */
export function readPersonalData(call: VapiCall) {
  const { customer, assistantOverrides, squadOverrides, analysis } = personalSchema.parse(call);
  return {
    customer: customer ?? null,
    variables: assistantOverrides?.variableValues ?? squadOverrides?.variableValues ?? null,
    summary: analysis?.summary ?? null,
    structuredData: analysis?.structuredData ?? null,
    lines: readLines(call),
  };
}
