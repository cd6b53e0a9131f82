/**
 * "Talk to it now": an operator calls a tenant's agent from the portal. A call loads scripts of another host, which on
 * the portal's origin could act with the reader's cookie, so its page has an origin of its own: `TALK_URL`, the same
 * server under a host that has nothing else. That origin is in no tenant's list. What admits its page is a link's token,
 * for one tenant and ten minutes; from there on the call is like a visitor's, with all limits.
 */
import type { Request } from 'express';
import { z } from 'zod';
import { iso } from '../../base/iso.ts';
import { bare } from '../../base/private-targets.ts';
import type { Config } from '../../config.ts';
import type { Context } from '../../context.ts';
import { conflict } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';
import { tokenKind } from '../identity/signed-token.ts';

const linkLifeMs = 10 * 60_000;

/** The page adds it to its own requests: other than an address, a header is not logged by a proxy either. */
export const talkHeader = 'x-vapi-agent-talk';

const talkToken = tokenKind('talk', z.object({ tenantId: z.string(), generation: z.int() }));

export type TalkRequest = Pick<Request, 'headers' | 'hostname' | 'method'>;

/**
 * A link to the tenant's agent on the talk page.
 * @returns its address, and until when calls can be started there, in epoch milliseconds
 * @throws ApiError `conflict` when the server has no host for it
 */
export async function makeTalkLink(
  ctx: Context,
  tenant: Tenant,
  by: Actor,
): Promise<{ url: string; expiresAt: number }> {
  const { talkUrl } = ctx.config;
  if (talkUrl === null) throw conflict('Set TALK_URL, another host name of this server, to talk from here.');
  const now = ctx.now();
  const expiresAt = now + linkLifeMs;
  const { id: tenantId, generation, slug, modes } = tenant;
  const token = talkToken.issue(ctx.keys.session, { tenantId, generation }, expiresAt, now);
  const after = { expiresAt: iso(expiresAt) };
  const change = { action: 'talk-link.create', tenant: slug, before: null, after };
  await recordChange(ctx.store, { ...by, ...change }, now);
  // In the fragment, which browsers do not send.
  const page = new URLSearchParams({ tenant: slug, mode: modes[0] ?? 'voice', token });
  return { url: `${talkUrl}/talk#${page}`, expiresAt };
}

/** Whether the request was sent to the host of `TALK_URL`, whatever a proxy says. */
export function isTalkHost({ talkUrl }: Config, { headers, hostname }: TalkRequest): boolean {
  if (talkUrl === null) return false;
  const ours = nameOf(new URL(talkUrl).host);
  return [headers.host, hostname].some((host) => host !== undefined && nameOf(host) === ours);
}

/** As the URL standard has it: lower case, without port and final dot. */
function nameOf(host: string): string | null {
  const url = URL.parse(`http://${host}`);
  return url && bare(url.hostname);
}

export function isTalkOrigin({ talkUrl }: Config, origin: string | undefined): boolean {
  return talkUrl !== null && origin === new URL(talkUrl).origin;
}

/** Whether only a link's token can admit this request, even if the tenant's list contains its origin. */
export function isOfTalkPage(config: Config, req: TalkRequest): boolean {
  return isTalkHost(config, req) || isTalkOrigin(config, req.headers.origin);
}

/**
 * The talk page's origin, if it sent the request with a token of this tenant that no pause has overtaken; null otherwise.
 */
export function talkOriginOf(ctx: Context, tenant: Tenant, req: TalkRequest): string | null {
  const { talkUrl } = ctx.config;
  if (talkUrl === null || !isTalkHost(ctx.config, req)) return null;
  const { origin, [talkHeader]: token } = req.headers;
  // Browsers do not name the origin when a page reads from its own server.
  const isOwn = origin === undefined ? req.method === 'GET' : isTalkOrigin(ctx.config, origin);
  if (!isOwn || typeof token !== 'string') return null;
  const verified = talkToken.verify(ctx.keys.session, token, ctx.now());
  if (!verified.ok) return null;
  const { tenantId, generation } = verified.claims;
  return tenantId === tenant.id && generation === tenant.generation ? new URL(talkUrl).origin : null;
}
