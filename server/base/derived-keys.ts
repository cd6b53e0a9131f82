/** Derives every key of the server from `SECRET_KEY` with HKDF, under a label per use, so that no two uses share one. */
import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export type KeyPurpose =
  | 'tenant-secrets'
  | 'session-token'
  | 'call-token'
  | 'visitor-network'
  | 'caller'
  | 'challenge'
  | 'installation';

export interface DerivedKey {
  /** Names the key in a token or a ciphertext, so that it is found after a rotation. Not secret. */
  id: string;
  /** Made once: signing with bytes makes one at every signature, which takes longer than the signature. */
  key: KeyObject;
}

/** @returns newest first: the first signs, all of them verify. */
export function deriveKeys(secretKeys: Buffer[], purpose: KeyPurpose): DerivedKey[] {
  return secretKeys.map((secret) => {
    const bytes = Buffer.from(hkdfSync('sha256', secret, 'vapi-agent', purpose, 32));
    const id = createHash('sha256').update(bytes).digest('base64url').slice(0, 8);
    return { id, key: createSecretKey(bytes) };
  });
}
