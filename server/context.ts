/** What every part of the server is given instead of globals: configuration, keys, store, clock, log. */
import type { Logger } from 'pino';
import { createRefusals, type Refusals } from './access/blocked-origins.ts';
import { type DerivedKey, deriveKeys } from './access/derived-keys.ts';
import { createFrontLimits, type FrontLimits } from './access/front-limits.ts';
import { createSecretBox, type SecretBox } from './access/secret-box.ts';
import { createStripeApi, type StripeApi } from './billing/stripe-api.ts';
import type { Config, Secrets } from './config.ts';
import { createDoorbell, type Doorbell } from './metering/doorbell.ts';
import { outboxLimits } from './metering/outbox.ts';
import type { CallRow } from './metering/usage.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Store } from './store/database.ts';
import { countWaiting, type Waiting } from './store/forwarded-messages.ts';
import { countUnassigned } from './store/sweeps.ts';
import type { Tenant } from './store/tenants.ts';
import { createVapiClock, type VapiClock } from './vapi/vapi-clock.ts';
import { logFailure } from './worker.ts';

export interface Context {
  config: Config;
  store: Store;
  box: SecretBox;
  keys: { session: DerivedKey[]; endCall: DerivedKey[]; network: DerivedKey[]; challenge: DerivedKey[] };
  operatorApiKey: string;
  frontLimits: FrontLimits;
  /** Pages that were refused. */
  refusals: Refusals;
  /** Null when no e-mail can be sent. */
  smtp: Secrets['smtp'];
  /** Null when invoices are not collected through Stripe. */
  stripe: StripeApi | null;
  /** Epoch milliseconds. */
  now: () => number;
  log: Logger;
  vapiClock: VapiClock;
  metrics: Metrics;
  /** `stopping` once a stop is announced: load balancers are told to send nothing more. */
  lifecycle: { stopping: boolean };
  /** Rung when a message for a tenant's own server waits in the outbox. */
  outboxBell: Doorbell;
  /** What may wait there for one tenant. */
  outboxLimits: Waiting;
  /** Lets work go on after the answer; a stop waits for it, and what it throws is logged. */
  background: (work: Promise<unknown>) => void;
  /** Ends when all background work has. */
  backgroundDone: () => Promise<void>;
  /** Told after a call's usage has been committed. */
  onCallBooked: (tenant: Tenant, row: CallRow) => void;
}

export interface ContextOptions {
  now?: () => number;
  /** Smaller ones in tests. */
  outboxLimits?: Waiting;
  onCallBooked?: (tenant: Tenant, row: CallRow) => void;
}

export function createContext(
  config: Config,
  secrets: Secrets,
  store: Store,
  log: Logger,
  options: ContextOptions = {},
): Context {
  const running = new Set<Promise<unknown>>();
  const keys = (purpose: Parameters<typeof deriveKeys>[1]) => deriveKeys(secrets.secretKeys, purpose);
  const frontLimits = createFrontLimits(config.visitorLimits);
  const now = options.now ?? Date.now;
  return {
    config,
    store,
    box: createSecretBox(keys('tenant-secrets')),
    keys: {
      session: keys('session-token'),
      endCall: keys('call-token'),
      network: keys('visitor-network'),
      challenge: keys('challenge'),
    },
    frontLimits,
    refusals: createRefusals(store, frontLimits, now),
    smtp: secrets.smtp,
    stripe: secrets.stripe && createStripeApi(secrets.stripe, config.stripeApiUrl),
    operatorApiKey: secrets.operatorApiKey,
    now,
    log,
    lifecycle: { stopping: false },
    vapiClock: createVapiClock(now, log),
    metrics: createMetrics({
      pendingForwards: () => countWaiting(store),
      unassignedCalls: () => countUnassigned(store),
    }),
    outboxBell: createDoorbell(),
    outboxLimits: options.outboxLimits ?? outboxLimits,
    background(work) {
      const logged = work
        .catch((error: unknown) => logFailure(log, error))
        .finally(() => running.delete(logged));
      running.add(logged);
    },
    async backgroundDone() {
      while (running.size > 0) await Promise.all(running);
    },
    onCallBooked: options.onCallBooked ?? (() => {}),
  };
}
