/** Sessions and tokens that were stolen, forged, changed or kept. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { deriveKeys } from '../../../server/base/derived-keys.ts';
import type { Attack, Outcome, Stage, Visitor } from './stage.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Gets an honest session and starts a call with what `forge` makes of it. */
function forged(
  name: string,
  outcome: Outcome,
  forge: (token: string, stage: Stage) => string | Promise<string>,
): Attack {
  return {
    name: `a call with ${name}`,
    outcome,
    async attempt(stage) {
      const visitor = stage.newcomer();
      const token = await forge(await visitor.session('acme'), stage);
      await stage.mark();
      return visitor.post('/v1/calls', { session: token });
    },
  };
}

/** The same claims under another header, signed or not. */
function resigned(token: string, header: object, sign: (signed: string) => string): string {
  const [, payload] = token.split('.');
  const kid = jwt.decode(token, { complete: true })?.header.kid;
  const signed = `${encode({ typ: 'JWT', kid, ...header })}.${payload}`;
  return `${signed}.${sign(signed)}`;
}

function withClaims(token: string, changes: object): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode({ ...(jwt.decode(token) as object), ...changes })}.${signature}`;
}

function signedWith(key: string | KeyObject, algorithm: jwt.Algorithm, token: string): string {
  const { header, payload } = jwt.decode(token, { complete: true }) ?? {};
  return jwt.sign(payload as object, key, { algorithm, ...(header?.kid ? { keyid: header.kid } : {}) });
}

const { privateKey: rsaKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const forgeries: Attack[] = [
  forged('a session that says alg none', 'unauthorized', (token) =>
    resigned(token, { alg: 'none' }, () => ''),
  ),
  forged('a session that says alg None in capitals', 'unauthorized', (token) =>
    resigned(token, { alg: 'NONE' }, () => ''),
  ),
  forged('a session signed with RS256 by a key of the attacker', 'unauthorized', (token) =>
    signedWith(rsaKey, 'RS256', token),
  ),
  forged('a session in HS512, even with the right key', 'unauthorized', (token, stage) =>
    signedWith(stage.server.ctx.keys.session[0]?.key ?? '', 'HS512', token),
  ),
  forged('a session signed with a guessed key', 'unauthorized', (token) =>
    signedWith('secret', 'HS256', token),
  ),
  forged('a session signed with its own key id', 'unauthorized', (token) =>
    signedWith(jwt.decode(token, { complete: true })?.header.kid ?? '', 'HS256', token),
  ),
  forged('a session signed with a key of another installation', 'unauthorized', (token) =>
    signedWith(deriveKeys([Buffer.alloc(32, 7)], 'session-token')[0]?.key ?? '', 'HS256', token),
  ),
  forged('a session signed with the key of another purpose', 'unauthorized', (token, stage) =>
    signedWith(stage.server.ctx.keys.callToken[0]?.key ?? '', 'HS256', token),
  ),
  forged('a session that names an unknown key', 'unauthorized', (token) =>
    resigned(token, { alg: 'HS256', kid: 'unknown' }, () => token.split('.')[2] ?? ''),
  ),
  forged('a session that names no key', 'unauthorized', (token) =>
    resigned(token, { alg: 'HS256', kid: undefined }, () => token.split('.')[2] ?? ''),
  ),
  forged('a session that names a key by a path', 'unauthorized', (token) =>
    resigned(token, { alg: 'HS256', kid: '../../../../dev/null' }, () => ''),
  ),
  forged('a session that brings its own key', 'unauthorized', (token) =>
    resigned(token, { alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } }, () => 'c2VjcmV0'),
  ),
  forged('a session without its signature', 'unauthorized', (token) => token.replace(/[^.]*$/, '')),
  forged('a session changed to another tenant', 'unauthorized', (token) =>
    withClaims(token, { tenant: 'rival' }),
  ),
  forged('a session changed to a later expiry', 'unauthorized', (token) =>
    withClaims(token, { exp: 4_000_000_000 }),
  ),
  forged('a session changed to a new id', 'unauthorized', (token) =>
    withClaims(token, { jti: 'ses_somethingelse' }),
  ),
  forged('a session whose claims are no JSON', 'unauthorized', (token) => {
    const [header, , signature] = token.split('.');
    return `${header}.bm90IGpzb24.${signature}`;
  }),
  forged('a session whose header is no JSON', 'unauthorized', (token) =>
    token.replace(/^[^.]*/, 'bm90IGpzb24'),
  ),
  forged('a session of three dots', 'unauthorized', () => '...'),
  forged('a session with an escaped zero byte', 'invalid_request', (token) => `${token}\0`),
  forged('an empty session', 'invalid_request', () => ''),
  forged('a session of 3 kB', 'invalid_request', (token) => token + 'A'.repeat(3000)),
  forged('a session of 20 kB', 'payload_too_large', (token) => token + 'A'.repeat(20_000)),
  forged('a session that has expired', 'session_expired', (token, stage) => {
    stage.server.clock.now += 120_000;
    return token;
  }),
];

/** Gets an honest session; `use` then tries to use it where it is not valid. */
function misused(
  name: string,
  outcome: Outcome,
  use: (stage: Stage, visitor: Visitor, session: string) => ReturnType<Attack['attempt']>,
): Attack {
  return {
    name,
    outcome,
    async attempt(stage) {
      const visitor = stage.newcomer();
      const session = await visitor.session('acme');
      await stage.mark();
      return use(stage, visitor, session);
    },
  };
}

async function ownTenant(stage: Stage, changes: Record<string, unknown> = {}): Promise<string> {
  const slug = stage.uniqueSlug();
  await stage.addTenant(slug, changes);
  return slug;
}

export const sessionAttacks: Attack[] = [
  ...forgeries,
  misused('a session a second time', 'session_used', async (stage, visitor, session) => {
    await visitor.post('/v1/calls', { session });
    await stage.mark();
    return visitor.post('/v1/calls', { session });
  }),
  misused('a session from a page that is not allowed', 'origin_not_allowed', (_stage, visitor, session) =>
    visitor.post('/v1/calls', { session }, [['Origin', 'https://evil.example']]),
  ),
  misused('a session from another allowed page', 'origin_not_allowed', (_stage, visitor, session) =>
    visitor.post('/v1/calls', { session }, [['Origin', 'https://a.acme-group.example']]),
  ),
  misused('a session from the page of another tenant', 'origin_not_allowed', (_stage, visitor, session) =>
    visitor.post('/v1/calls', { session }, [['Origin', 'https://rival.example']]),
  ),
  misused('a session without an Origin', 'origin_not_allowed', (_stage, visitor, session) =>
    visitor.ask({
      method: 'POST',
      path: '/v1/calls',
      headers: [['Content-Type', 'text/plain']],
      body: JSON.stringify({ session }),
    }),
  ),
  misused('a leaked session from another network', 'session_expired', (stage, _visitor, session) =>
    stage.newcomer().post('/v1/calls', { session }),
  ),
  misused('a session as the token that ends a call', 'unauthorized', async (stage, visitor, session) => {
    const { callId } = await visitor.grant('acme');
    await stage.mark();
    return visitor.post(`/v1/calls/${callId}/end`, { token: session });
  }),
  misused('the token that ends a call as a session', 'unauthorized', async (stage, visitor) => {
    const { endToken } = await visitor.grant('acme');
    await stage.mark();
    return visitor.post('/v1/calls', { session: endToken });
  }),
  misused('to end another call with one’s own token', 'unauthorized', async (stage, visitor) => {
    const { endToken } = await visitor.grant('acme');
    const { callId } = await stage.newcomer().grant('acme');
    await stage.mark();
    return visitor.post(`/v1/calls/${callId}/end`, { token: endToken });
  }),
  misused('a session as the operator’s key', 'unauthorized', (_stage, visitor, session) =>
    visitor.ask({ path: '/v1/tenants', headers: [['Authorization', `Bearer ${session}`]] }),
  ),
  {
    name: 'a session from before a pause, after the tenant goes on',
    outcome: 'tenant_paused',
    async attempt(stage) {
      const slug = await ownTenant(stage);
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.server.operator('POST', `/v1/tenants/${slug}/pause`);
      await stage.server.operator('POST', `/v1/tenants/${slug}/resume`);
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a session of a page that has been taken off the list meanwhile',
    outcome: 'origin_not_allowed',
    async attempt(stage) {
      const slug = await ownTenant(stage);
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.server.operator('PATCH', `/v1/tenants/${slug}`, { allowedOrigins: [] });
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a session of a tenant that has been deleted',
    outcome: 'origin_not_allowed',
    async attempt(stage) {
      const slug = await ownTenant(stage);
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.server.operator('DELETE', `/v1/tenants/${slug}`);
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a session of a deleted tenant whose name another client has now',
    outcome: 'unauthorized',
    async attempt(stage) {
      const slug = await ownTenant(stage);
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.server.operator('DELETE', `/v1/tenants/${slug}`);
      await stage.addTenant(slug);
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
];
