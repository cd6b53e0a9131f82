/** What a browser may have to solve before it gets a session. Another kind (Turnstile, …) is another `Challenger`. */
import type { Context } from '../../context.ts';
import type { ChallengeKind } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';
import { useChallenge } from '../../store/used-challenges.ts';
import { altcha } from './altcha.ts';
import type { Challenger } from './challenger.ts';

/** @returns null when the tenant requires none */
export function challengerOf(ctx: Context, tenant: Tenant): Challenger | null {
  const challengers: Record<ChallengeKind, () => Challenger | null> = {
    none: () => null,
    altcha: () => altcha(ctx.keys.challenge),
  };
  return challengers[tenant.challenge]();
}

/** @throws ApiError `challenge_required` unless the tenant requires none or the solution is correct, fresh and unused */
export async function checkChallenge(
  ctx: Context,
  tenant: Tenant,
  origin: string,
  solution: string | undefined,
): Promise<void> {
  const challenger = challengerOf(ctx, tenant);
  if (!challenger) return;
  const now = ctx.now();
  const solved = solution ? await challenger.verify(solution, { tenant: tenant.slug, origin }, now) : null;
  if (!solved || !(await useChallenge(ctx.store, solved.id, solved.expiresAt, now))) {
    throw new ApiError('challenge_required');
  }
}
