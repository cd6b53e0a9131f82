/** Under which id a squad's call is in the ledger. Pure. */
import type { Tenant } from '../store/tenants.ts';
import type { CallEvent } from './call-event.ts';

/**
 * The call of a squad that the tenant names is the squad's: its members change within the call, and Vapi's lists and reports
 * name different ones, or none. Of any other squad it is the member's, as far as that is reported.
 */
export function asNamed(
  { assistantId, assistantIds }: Pick<Tenant, 'assistantId' | 'assistantIds'>,
  event: CallEvent,
): CallEvent {
  const { squadId } = event;
  const isNamed = typeof squadId === 'string' && [assistantId, ...assistantIds].includes(squadId);
  return isNamed ? { ...event, assistantId: squadId } : event;
}

/** The id that its grant has, if it has one: a grant for an assistant is none for a squad in which it is a member. */
export function grantedAs({ squadId, assistantId }: CallEvent): string | null {
  return squadId ?? assistantId;
}
