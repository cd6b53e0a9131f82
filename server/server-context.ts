/** Everything that the parts are passed, made once per server. */
import type { Logger } from 'pino';
import type { AccessContext } from './access/access-context.ts';
import { type Counters, localCounters } from './access/identity/counters.ts';
import { createFrontLimits } from './access/identity/front-limits.ts';
import { createOidcClient } from './access/identity/oidc-client.ts';
import { createRefusals } from './access/start/blocked-origins.ts';
import { deriveKeys } from './base/derived-keys.ts';
import { createDoorbell } from './base/doorbell.ts';
import type { Lifecycle } from './base/lifecycle.ts';
import { createMetrics } from './base/metrics.ts';
import { createSecretBox } from './base/secret-box.ts';
import type { Tracing } from './base/tracing.ts';
import { logFailure } from './base/worker.ts';
import { type BillingContext, createClosing } from './billing/stripe/billing-context.ts';
import { createStripeApi } from './billing/stripe/stripe-api.ts';
import type { Config, Secrets } from './config.ts';
import type { MeteringContext } from './metering/metering-context.ts';
import { outboxLimits } from './metering/outbox.ts';
import { createWaking } from './metering/waking.ts';
import type { CallRow } from './store/calls.ts';
import type { Stores } from './store/database.ts';
import { countWaiting, type Waiting } from './store/forwarded-messages.ts';
import { createGroupCommit, groupLimits } from './store/group-commit.ts';
import { countSweeps, countUnassigned } from './store/sweeps.ts';
import type { Tenant } from './store/tenants.ts';
import { createVapiClock } from './vapi/vapi-clock.ts';

export interface ServerContext extends AccessContext, MeteringContext, BillingContext {
  lifecycle: Lifecycle;
  /** Behind the front limits. */
  counters: Counters;
  /** Resolves when all background work has ended. */
  backgroundDone: () => Promise<void>;
}

export interface ContextOptions {
  now?: () => number;
  /** Smaller ones in tests. */
  outboxLimits?: Waiting;
  /** Behind the front limits; by default in memory. */
  counters?: Counters;
  /** By default none. */
  tracing?: Tracing | null;
  onCallBooked?: (tenant: Tenant, row: CallRow) => void;
}

export function createContext(
  config: Config,
  secrets: Secrets,
  { store, background: backgroundStore }: Stores,
  log: Logger,
  options: ContextOptions = {},
): ServerContext {
  const running = new Set<Promise<unknown>>();
  const keys = (purpose: Parameters<typeof deriveKeys>[1]) => deriveKeys(secrets.secretKeys, purpose);
  const counters = options.counters ?? localCounters;
  const frontLimits = createFrontLimits(config.visitorLimits, counters);
  const now = options.now ?? Date.now;
  const background = (work: Promise<unknown>) => {
    const logged = work
      .catch((error: unknown) => logFailure(log, error))
      .finally(() => running.delete(logged));
    running.add(logged);
  };
  return {
    config,
    store,
    backgroundStore,
    box: createSecretBox(keys('tenant-secrets')),
    keys: {
      session: keys('session-token'),
      callToken: keys('call-token'),
      network: keys('visitor-network'),
      challenge: keys('challenge'),
      caller: keys('caller'),
    },
    installationIds: keys('installation').map(({ id }) => id),
    frontLimits,
    counters,
    refusals: createRefusals(backgroundStore, frontLimits, now),
    smtp: secrets.smtp,
    oidc: secrets.oidc && createOidcClient(secrets.oidc, config.publicUrl),
    stripe: secrets.stripe && createStripeApi(secrets.stripe, config.stripeApiUrl),
    closing: createClosing(),
    operatorApiKey: secrets.operatorApiKey,
    now,
    log,
    lifecycle: { stopping: false },
    vapiClock: createVapiClock(now, log),
    metrics: createMetrics({
      pendingForwards: () => countWaiting(store),
      unassignedCalls: () => countUnassigned(store),
      sweeps: () => countSweeps(store, now()),
    }),
    tracing: options.tracing ?? null,
    reports: createGroupCommit(store, groupLimits(config.database)),
    outboxBell: createDoorbell(),
    outboxLimits: options.outboxLimits ?? outboxLimits,
    background,
    async backgroundDone() {
      while (running.size > 0) await Promise.all(running);
    },
    wakeSweep: createWaking(backgroundStore, now, background),
    onCallBooked: options.onCallBooked ?? (() => {}),
  };
}
