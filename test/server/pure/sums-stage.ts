/** One assistant's sums, as the ledger and Vapi have them. */
import type { AssistantSum } from '../../../server/store/call-sums.ts';
import type { Tenant } from '../../../server/store/tenants.ts';
import type { CallSum } from '../../../server/vapi/analytics.ts';

export const tenant = (changes: Partial<Tenant> = {}) =>
  ({
    ...{ id: 'ten_a', assistantId: 'a', assistantIds: [], wholeOrg: false, createdAt: 0, deletedAt: null },
    squads: {},
    ...changes,
  }) as unknown as Tenant;
export const ours = (
  calls: number,
  costMicros: number,
  changes: Partial<AssistantSum> = {},
): AssistantSum => ({
  ...{ tenantId: 'ten_a', assistantId: 'a', calls, costMicros, unsettled: 0, unconfirmed: 0, open: 0 },
  ...changes,
});
export const theirs = (calls: number, costMicros: number, changes: Partial<CallSum> = {}): CallSum => ({
  ...{ assistantId: 'a', isEnded: true, calls, costMicros },
  ...changes,
});
