/** Records the pages that were refused, so that the operator can notice an attack or allow a forgotten page. */
import { oneAtATime } from '../../base/one-at-a-time.ts';
import { dayIn } from '../../base/time-zone.ts';
import { startWorker, type Worker } from '../../base/worker.ts';
import type { Context } from '../../context.ts';
import {
  type CountedOrigin,
  countBlockedOrigins,
  keptPerTenant,
  otherOrigins,
} from '../../store/blocked-origins.ts';
import type { Store } from '../../store/database.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { FrontLimits } from '../identity/front-limits.ts';
import { raiseNotice } from '../notices/notices.ts';

export interface Refusals {
  /**
   * In memory only: a refusal that waited for the store would take longer than one for an unknown tenant, and so reveal
   * which tenants exist.
   */
  note(tenant: Tenant, header: string | undefined): void;
  /** Writes what has been noted; a stopping process must wait for it. */
  flush(): Promise<void>;
}

/** How long a refusal may be known only to this process. */
const flushEveryMs = 2000;

export function startRefusalCount(ctx: Context & { refusals: Refusals }): Worker {
  return startWorker(ctx.log, flushEveryMs, async () => {
    await ctx.refusals.flush();
    return false;
  });
}

interface Noted {
  tenant: Tenant;
  origins: Map<string, CountedOrigin>;
}

export function createRefusals(store: Store, frontLimits: FrontLimits, now: () => number): Refusals {
  let noted = new Map<string, Noted>();
  // A flush covers everything noted before it, including what a concurrent flush has already taken.
  const inTurn = oneAtATime();
  return {
    note(tenant, header) {
      const at = now();
      const { origins } = noted.get(tenant.id) ?? { origins: new Map<string, CountedOrigin>() };
      noted.set(tenant.id, { tenant, origins });
      const given = nameOf(header);
      const origin = origins.has(given) || origins.size < keptPerTenant ? given : otherOrigins;
      const { count = 0, firstSeenAt = at } = origins.get(origin) ?? {};
      origins.set(origin, { origin, count: count + 1, firstSeenAt, lastSeenAt: at });
    },
    flush: () => inTurn(write),
  };

  async function write(): Promise<void> {
    const taken = noted;
    noted = new Map();
    for (const { tenant, origins } of taken.values()) {
      await countBlockedOrigins(store, tenant.id, [...origins.values()]);
      const refusals = [...origins.values()].reduce((sum, { count }) => sum + count, 0);
      if (await frontLimits.isRefusalBurst(tenant.id, refusals)) {
        await raiseNotice(
          store,
          tenant,
          { kind: 'refused-origins', period: dayIn(tenant.timeZone, now()), data: {} },
          now(),
        );
      }
    }
  }
}

/** Only origins that could be allowed are kept by name; hand-written headers are not. */
function nameOf(header: string | undefined): string {
  if (header === undefined) return '(none)';
  if (header.length > 300 || URL.parse(header)?.origin !== header || header === 'null') return '(malformed)';
  return header;
}
