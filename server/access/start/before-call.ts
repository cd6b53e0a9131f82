/**
 * Asks the operator's own server before a call is created, and once before the first message of a conversation; the
 * server may deny it or add variables. The format of its answer is in `before-call.md`.
 */
import { z } from 'zod';
import { outsideOrListed } from '../../base/outside.ts';
import { inSpan } from '../../base/tracing.ts';
import type { Context } from '../../context.ts';
import { identityPrefix, type VariableValues, variableValuesSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { type Reservation, releaseReservation } from '../../store/reservations.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { SessionClaims } from '../identity/session-token.ts';
import { postHook } from '../notices/hooks.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';
import type { Identity } from './identity.ts';

/** The visitor is waiting for the call. */
const timeoutMs = 2000;

/** Strict: a misspelled field makes the answer invalid, never a silent yes. */
const answerSchema = z.strictObject({
  allow: z.boolean().optional(),
  /** Shown to the visitor when the call is denied. */
  message: z.string().max(300).optional(),
  variableValues: variableValuesSchema.optional(),
});

/**
 * The only browser input that reaches Vapi, and of that only the names that the tenant allows, with what the operator's
 * server adds. A denied start releases its reservation.
 * @throws ApiError `call_denied`
 */
export async function variablesFor(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  {
    reservation,
    asked = {},
    identity,
  }: { reservation: Reservation; asked: VariableValues | undefined; identity: Identity | null },
): Promise<VariableValues> {
  const allowed = unsigned(asked, (name) => tenant.allowedVariables.includes(name));
  try {
    const ask = () => askBeforeCall(ctx, tenant, session, reservation, { allowed, identity });
    const added = tenant.beforeCall ? await inSpan(ctx, 'before-call hook', ask, { kind: 'client' }) : {};
    return { ...allowed, ...unsigned(added), ...identity?.variables };
  } catch (error) {
    await releaseReservation(ctx.store, reservation.id);
    throw error;
  }
}

/** Without the names of a signed identity, also if they were allowed before such names were reserved. */
function unsigned(values: VariableValues, isAllowed = (_name: string) => true): VariableValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => isAllowed(name) && !name.startsWith(identityPrefix)),
  );
}

/**
 * @returns the variables that the operator's server adds
 * @throws ApiError `call_denied`
 */
async function askBeforeCall(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  { assistantId }: Reservation,
  { allowed, identity }: { allowed: VariableValues; identity: Identity | null },
): Promise<VariableValues> {
  if (!tenant.beforeCall) return {};
  const { url, whenUnavailable } = tenant.beforeCall;
  let answer: z.infer<typeof answerSchema>;
  try {
    const body = {
      type: 'call.before',
      data: {
        ...{ tenant: tenant.slug, session: session.jti, origin: session.origin },
        ...{ assistantId, variableValues: allowed },
        ...(identity ? { identity: identity.variables } : {}),
      },
    };
    const secret = openTenantSecret(ctx.box, tenant, 'hookSecret');
    const outside = outsideOrListed(ctx.config);
    const id = session.jti;
    const received = await postHook({ url, secret, id, body, timeoutMs, nowMs: ctx.now(), outside });
    answer = answerSchema.parse(received);
    if (answer.allow === undefined && whenUnavailable === 'deny')
      throw new Error('the hook answered without `allow`');
  } catch (cause) {
    if (whenUnavailable === 'deny') throw new ApiError('call_denied', { cause });
    ctx.log.warn(
      { err: cause, tenant: tenant.slug },
      'before-call hook unavailable or its answer invalid: call allowed',
    );
    return {};
  }
  if (answer.allow === false) throw new ApiError('call_denied', { detail: answer.message });
  return answer.variableValues ?? {};
}
