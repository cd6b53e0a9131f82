/** What every part of the server is given instead of globals: configuration, keys, store, clock, log. */
import type { Logger } from 'pino';
import { type DerivedKey, deriveKeys } from './access/derived-keys.ts';
import { createSecretBox, type SecretBox } from './access/secret-box.ts';
import type { Config, Secrets } from './config.ts';
import type { CallRow } from './metering/usage.ts';
import type { Store } from './store/database.ts';
import type { Tenant } from './store/tenants.ts';

export interface Context {
  config: Config;
  store: Store;
  box: SecretBox;
  keys: { session: DerivedKey[]; endCall: DerivedKey[]; network: DerivedKey[] };
  operatorApiKey: string;
  /** Epoch milliseconds. */
  now: () => number;
  log: Logger;
  /** Told after a call's usage has been committed. */
  onCallBooked: (tenant: Tenant, row: CallRow) => void;
}

export interface ContextOptions {
  now?: () => number;
  onCallBooked?: (tenant: Tenant, row: CallRow) => void;
}

export function createContext(
  config: Config,
  secrets: Secrets,
  store: Store,
  log: Logger,
  options: ContextOptions = {},
): Context {
  const keys = (purpose: Parameters<typeof deriveKeys>[1]) => deriveKeys(secrets.secretKeys, purpose);
  return {
    config,
    store,
    box: createSecretBox(keys('tenant-secrets')),
    keys: { session: keys('session-token'), endCall: keys('call-token'), network: keys('visitor-network') },
    operatorApiKey: secrets.operatorApiKey,
    now: options.now ?? Date.now,
    log,
    onCallBooked: options.onCallBooked ?? (() => {}),
  };
}
