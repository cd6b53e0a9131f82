/** Passed to every part of the server instead of globals: configuration, keys, store, clock, log. */
import type { Logger } from 'pino';
import type { DerivedKey } from './base/derived-keys.ts';
import type { Metrics } from './base/metrics.ts';
import type { SecretBox } from './base/secret-box.ts';
import type { Tracing } from './base/tracing.ts';
import type { Config } from './config.ts';
import type { CallRow } from './store/calls.ts';
import type { Store } from './store/database.ts';
import type { Tenant } from './store/tenants.ts';
import type { VapiClock } from './vapi/vapi-clock.ts';

export interface Context {
  config: Config;
  /** For requests. */
  store: Store;
  /** The same database through connections for the work beside the requests. */
  backgroundStore: Store;
  box: SecretBox;
  keys: Record<'session' | 'callToken' | 'network' | 'challenge' | 'caller', DerivedKey[]>;
  /** Names this installation in what it sends on; newest first, the older ones are recognised during a rotation. */
  installationIds: string[];
  /** Epoch milliseconds. */
  now: () => number;
  log: Logger;
  vapiClock: VapiClock;
  metrics: Metrics;
  /** Null unless traces are sent somewhere. */
  tracing: Tracing | null;
  /** Lets work continue after the answer; a stop waits for it, and errors are logged. */
  background: (work: Promise<unknown>) => void;
  /** Something happens in that org: it is compared with Vapi soon, and often. */
  wakeSweep: (orgId: string) => void;
  /** Called after a call's usage has been committed. */
  onCallBooked: (tenant: Tenant, row: CallRow) => void;
}

/**
 * The context of work beside the requests: it never takes a connection that a request waits for. All else is the same
 * context, not a copy: a worker that runs for long must not keep what has been replaced meanwhile.
 */
export const behind = <Whole extends Context>(ctx: Whole): Whole =>
  Object.create(ctx, { store: { value: ctx.backgroundStore, enumerable: true } });
