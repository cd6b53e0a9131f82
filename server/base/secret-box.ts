/** Encrypts what is stored for later use (a tenant's Vapi keys): AES-256-GCM under a derived key. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DerivedKey } from './derived-keys.ts';

export interface SecretBox {
  /** Prefix of everything sealed under the current key. */
  readonly prefix: string;
  /** @param context binds the ciphertext to its place (table and row), so that it cannot be moved to another. */
  seal(plain: string, context: string): string;
  /** @throws when it was sealed under an unknown key, for another context, or has been changed */
  open(sealed: string, context: string): string;
}

/** Bytes; only tags of full length are accepted. */
const nonceLength = 12;
const authTagLength = 16;

/** @param keys newest first */
export function createSecretBox(keys: DerivedKey[]): SecretBox {
  return {
    prefix: `v1.${keys[0]?.id}.`,
    seal(plain, context) {
      const current = keys[0];
      if (!current) throw new Error('no key to encrypt with');
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce, { authTagLength });
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${current.id}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [version, id, text] = sealed.split('.');
      const found = keys.find((key) => key.id === id);
      if (version !== 'v1' || !found || !text) throw new Error('sealed under an unknown key');
      const body = Buffer.from(text, 'base64url');
      // Any shorter, nonce and tag would overlap; a short tag can be guessed.
      if (body.length < nonceLength + authTagLength) throw new Error('sealed text is too short');
      const nonce = body.subarray(0, nonceLength);
      const decipher = createDecipheriv('aes-256-gcm', found.key, nonce, { authTagLength });
      decipher.setAAD(Buffer.from(context)).setAuthTag(body.subarray(-authTagLength));
      return Buffer.concat([
        decipher.update(body.subarray(nonceLength, -authTagLength)),
        decipher.final(),
      ]).toString('utf8');
    },
  };
}

/** How a secret is shown: enough to recognize it, not enough to use it. */
export function maskSecret(secret: string): string {
  return `…${secret.slice(-4)}`;
}
