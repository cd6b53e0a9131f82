/** A passkey in software (ES256, no attestation), with a browser's part in asking it; what it answers can be bent. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

interface Ask {
  challenge: string;
  /** What the browser reports as the page's. */
  origin: string;
  rpId: string;
  userVerified?: boolean;
}

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();

function cborHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}
const cborBytes = (data: Buffer) => Buffer.concat([cborHead(2, data.length), data]);
const cborText = (text: string) => Buffer.concat([cborHead(3, text.length), Buffer.from(text)]);

export function createAuthenticator() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  let userHandle: string | null = null;
  let counter = 0;

  const clientData = (type: string, { challenge, origin }: Ask) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const head = ({ rpId, userVerified = true }: Ask, more: number) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([0x01 | (userVerified ? 0x04 : 0) | more]), count]);
  };
  const shared = { id: b64(id), rawId: b64(id), type: 'public-key', clientExtensionResults: {} };

  return {
    id: b64(id),
    /** Of the next signature. */
    setCounter(value: number): void {
      counter = value;
    },
    setUserHandle(value: string | null): void {
      userHandle = value;
    },
    /** The answer to being asked for a new passkey. */
    register(options: { challenge: string; user: { id: string } }, ask: Omit<Ask, 'challenge'>) {
      userHandle = options.user.id;
      const asked = { ...ask, challenge: options.challenge };
      // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
      const key = Buffer.concat([
        Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
        cborBytes(Buffer.from(x, 'base64url')),
        Buffer.from([0x22]),
        cborBytes(Buffer.from(y, 'base64url')),
      ]);
      const authData = Buffer.concat([head(asked, 0x40), Buffer.alloc(16), Buffer.from([0, 16]), id, key]);
      const attestation = Buffer.concat([
        ...[Buffer.from([0xa3]), cborText('fmt'), cborText('none'), cborText('attStmt'), Buffer.from([0xa0])],
        ...[cborText('authData'), cborBytes(authData)],
      ]);
      const clientDataJSON = b64(clientData('webauthn.create', asked));
      return {
        ...shared,
        response: { clientDataJSON, attestationObject: b64(attestation), transports: ['internal'] },
      };
    },
    /** The answer to being asked to sign. */
    sign(options: { challenge: string }, ask: Omit<Ask, 'challenge'>) {
      const asked = { ...ask, challenge: options.challenge };
      const data = clientData('webauthn.get', asked);
      const authenticatorData = head(asked, 0);
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(data)]), privateKey);
      return {
        ...shared,
        response: {
          ...{ clientDataJSON: b64(data), authenticatorData: b64(authenticatorData) },
          ...{ signature: b64(signature), userHandle },
        },
      };
    },
  };
}
export type Authenticator = ReturnType<typeof createAuthenticator>;
