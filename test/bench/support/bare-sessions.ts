/**
 * The least that has to happen for a session, without a framework, a log or an error to tell from another. Run with the
 * store's file; prints its URL.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import jwt from 'jsonwebtoken';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from '../../../server/access/identity/visitor-network.ts';
import { isOpen } from '../../../server/access/start/opening-hours.ts';
import { isOriginAllowed } from '../../../server/access/tenants/allowed-origins.ts';
import { sessionRequestSchema } from '../../../server/contract.ts';
import type { TenantSettings } from '../../../server/store/tenants.ts';
import { listen } from '../../support/listen.ts';

const db = new DatabaseSync(process.argv[2] ?? '');
const find = db.prepare('select * from tenants where slug = ? and deleted_at is null');
const limiter = new RateLimiterMemory({ points: 1e9, duration: 60 });
const networkKey = createSecretKey(randomBytes(32));
const sessionKey = createSecretKey(randomBytes(32));

const http = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const said = await answer(request, Buffer.concat(parts).toString());
  response.writeHead(said === null ? 403 : 201, { 'content-type': 'application/json' }).end(said ?? '{}');
});
const { url } = await listen(http);
process.stdout.write(`${url}\n`);

async function answer(request: IncomingMessage, text: string): Promise<string | null> {
  const network = networkOf(request.socket.remoteAddress);
  await limiter.consume(network);
  const { tenant: slug } = sessionRequestSchema.parse(JSON.parse(text));
  const tenant = find.get(slug) as Record<string, string> & { generation: number };
  const settings = JSON.parse(tenant.settings ?? '{}') as TenantSettings;
  const { origin } = request.headers;
  if (!isOriginAllowed(settings.allowedOrigins, origin) || tenant.status === 'paused') return null;
  if (!isOpen(settings.limits.hours, tenant.time_zone ?? 'UTC', Date.now())) return null;
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    jti: `ses_${randomBytes(18).toString('base64url')}`,
    ...{ tenant: tenant.slug, tenantId: tenant.id, origin, generation: tenant.generation },
    network: createHmac('sha256', networkKey).update(network).digest('base64url'),
    ...{ aud: 'session', iat, exp: iat + 120 },
  };
  const session = jwt.sign(claims, sessionKey, { algorithm: 'HS256', keyid: 'bare' });
  return JSON.stringify({ session, expiresAt: new Date((iat + 120) * 1000).toISOString() });
}
