/** How callers are looked up: by a keyed hash of their number or e-mail address; neither is ever stored. */
import { createHmac } from 'node:crypto';
import type { DerivedKey } from '../../base/derived-keys.ts';

/** Of one tenant's: the same caller of two tenants has two hashes. Newest key first. */
export function callerHashes(keys: DerivedKey[], tenantId: string, callerId: string): string[] {
  return keys.map(({ key }) =>
    createHmac('sha256', key).update(`${tenantId} ${callerId}`).digest('base64url').slice(0, 32),
  );
}
