/** Asks the operator's own server before a call is created; it may deny the call or add variables. */
import { z } from 'zod';
import type { Context } from '../context.ts';
import { type VariableValues, variableValuesSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import type { Tenant } from '../store/tenants.ts';
import { postHook } from './hooks.ts';
import { outsideOf } from './outside.ts';
import type { SessionClaims } from './session-token.ts';
import { openTenantSecret } from './tenant-secrets.ts';

/** The visitor is waiting for the call. */
const timeoutMs = 2000;

const answerSchema = z.object({
  allow: z.boolean().default(true),
  /** Shown to the visitor when the call is denied. */
  message: z.string().max(300).optional(),
  variableValues: variableValuesSchema.optional(),
});

/**
 * @returns the variables that the operator's server adds
 * @throws ApiError `call_denied`
 */
export async function askBeforeCall(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  variableValues: VariableValues,
): Promise<VariableValues> {
  if (!tenant.beforeCall) return {};
  const { url, whenUnavailable } = tenant.beforeCall;
  let answer: z.infer<typeof answerSchema>;
  try {
    const body = {
      type: 'call.before',
      data: { tenant: tenant.slug, session: session.jti, origin: session.origin, variableValues },
    };
    const secret = openTenantSecret(ctx.box, tenant, 'hookSecret') ?? '';
    const outside = outsideOf(ctx.config);
    const id = session.jti;
    const received = await postHook({ url, secret, id, body, timeoutMs, nowMs: ctx.now(), outside });
    answer = answerSchema.parse(received ?? {});
  } catch (cause) {
    if (whenUnavailable === 'deny') throw new ApiError('call_denied', { cause });
    ctx.log.warn({ err: cause, tenant: tenant.slug }, 'before-call hook unavailable: call allowed');
    return {};
  }
  if (!answer.allow) throw new ApiError('call_denied', { detail: answer.message });
  return answer.variableValues ?? {};
}
