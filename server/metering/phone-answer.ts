/** Answers Vapi's question who takes a call by phone. */
import { decidePhoneCall, type PhoneRefusalReason } from '../access/start/phone-request.ts';
import { isSquad } from '../access/tenants/squads.ts';
import type { Context } from '../context.ts';
import { findPhoneNumber } from '../store/phone-numbers.ts';
import type { Tenant } from '../store/tenants.ts';
import type { PhoneAnswer, PhoneRequest } from '../vapi/phone-requests.ts';

/** A caller who is sent on must not be able to do harm there either. */
const neverTransferred: PhoneRefusalReason[] = ['blocked', 'often', 'foreign', 'over'];

/** @returns null when this server does not decide the tenant's calls, so that its own server is asked */
export async function answerPhoneRequest(
  ctx: Context,
  tenant: Tenant,
  request: PhoneRequest,
): Promise<PhoneAnswer | null> {
  const { phoneNumberId, event } = request;
  if (tenant.phoneCalls !== 'ask') {
    // The setting was changed after the number began to ask: it must not go unanswered, nor be unlimited.
    const number = phoneNumberId === null ? null : await findPhoneNumber(ctx.store, phoneNumberId);
    if (number?.tenantId !== tenant.id) return null;
  }
  const decision = await decidePhoneCall(ctx, tenant, request);
  if ('assistantId' in decision) {
    const { assistantId, maxSeconds } = decision;
    return { assistantId, maxSeconds, isSquad: isSquad(tenant, assistantId), tenant: tenant.slug };
  }
  const { refused } = decision;
  ctx.log.info({ tenant: tenant.slug, call: event.callId, reason: refused }, 'a call by phone was refused');
  const { say, transferTo } = tenant.phoneRefusal;
  return transferTo === null || neverTransferred.includes(refused) ? { say } : { transferTo };
}
