/** Which calls in progress must not continue, and why. */
import { siteAssistantsOf } from '../access/tenants/site-assistants.ts';
import { namedIn } from '../access/tenants/squads.ts';
import { callKinds, type UnwantedReason } from '../contract.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import { grantedAs } from '../ledger/squad-calls.ts';
import type { CallRow } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import { isGrantedElsewhere, isOutdated } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';

/** `ask`: it looks like a call without a grant, but a report may omit what Vapi's own record of the call has. */
export type Verdict = UnwantedReason | 'ask' | null;

/** @param row after the event, linked to its grant if it has one */
export async function judgeCall(
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  event: CallEvent,
): Promise<Verdict> {
  if (row.status === 'ended') return null;
  if (isStopped(tenant, row)) return 'paused';
  if (row.sessionId === null) return judgeGrantless(db, tenant, row, event);
  return (await isOutdated(db, tenant.id, row.id, tenant.generation)) ? 'outdated' : null;
}

/** A deleted tenant's assistants may be in use elsewhere: we end only calls that we granted. */
function isStopped(tenant: Tenant, row: CallRow): boolean {
  return tenant.deletedAt === null ? tenant.status === 'paused' : row.sessionId !== null;
}

/**
 * A grant is stored before the browser gets its key, and kept for weeks even if it led to no call (`pruning`), so its call is
 * linked to it: a call that is not linked has no grant, an expired one, or claims that of another call.
 */
async function judgeGrantless(db: Queries, tenant: Tenant, row: CallRow, event: CallEvent): Promise<Verdict> {
  if (!endsGrantless(tenant, row.assistantId)) return null;
  if (event.source === 'webhook' && row.unwanted !== 'no-grant') {
    if (row.type === callKinds.unknown || (row.type === callKinds.web && event.sessionId === null))
      return 'ask';
  }
  // A phone call has no grant, and a call of unknown type may be a phone call.
  if (row.type !== callKinds.web) return null;
  const { sessionId } = event;
  const assistantId = grantedAs(event);
  if (sessionId === null || assistantId === null) return 'no-grant';
  const claim = { tenantId: tenant.id, id: sessionId, assistantId, callId: row.id };
  return (await isGrantedElsewhere(db, claim)) ? null : 'no-grant';
}

/** By default only where browsers get a key, and only for assistants that the element starts: others may be used elsewhere. */
function endsGrantless(tenant: Tenant, assistantId: string | null): boolean {
  if (tenant.deletedAt !== null || assistantId === null || tenant.webCallsWithoutGrant === 'keep')
    return false;
  if (tenant.webCallsWithoutGrant === 'auto') {
    return tenant.accessMode !== 'proxy' && siteAssistantsOf(tenant).includes(assistantId);
  }
  return namedIn(tenant).includes(assistantId);
}
