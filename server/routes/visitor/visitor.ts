/** Requests from a visitor's browser, decided by the page's Origin and a session, never by a cookie. */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { AccessContext } from '../../access/access-context.ts';
import { issueSession, verifySession } from '../../access/identity/session-token.ts';
import { hashNetwork, networkOf, siteOf } from '../../access/identity/visitor-network.ts';
import { admit, admitSession, claimsOf } from '../../access/start/admit.ts';
import { challengerOf, checkChallenge } from '../../access/start/challenge.ts';
import { checkConsent } from '../../access/start/consent.ts';
import { grantCall } from '../../access/start/grant.ts';
import { verifyIdentity } from '../../access/start/identity.ts';
import { isOpen } from '../../access/start/opening-hours.ts';
import { checkSiteAssistant } from '../../access/tenants/site-assistants.ts';
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import {
  callRequestSchema,
  type Grant,
  type SessionAnswer,
  sessionRequestSchema,
  slugSchema,
  type WidgetConfig,
} from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { noteSnippetSeen, type Tenant } from '../../store/tenants.ts';
import { parse, parseJsonText } from '../parse.ts';
import { visitorBody } from './cors.ts';

export function visitorRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.get('/widget/:tenant', ctx.frontLimits.widget, async (req, res) => {
    const { tenant, origin, isTalk } = await admit(ctx, slugIn(req), req);
    const { slug, name, modes, appearance, texts } = tenant;
    const path = `/v1/widget/${slug}/challenge`;
    const config: WidgetConfig = {
      tenant: slug,
      name,
      modes,
      appearance,
      texts,
      ...(tenant.consent ? { consent: tenant.consent } : {}),
      ...(tenant.rejoinCalls ? { rejoinCalls: true as const } : {}),
      // Its operator's try-out leaves nothing.
      ...(tenant.leads && !isTalk ? { leads: { consent: tenant.leads.consent } } : {}),
      ...(tenant.challenge === 'none' || isTalk ? {} : { challenge: { kind: tenant.challenge, path } }),
    };
    // Not every shared cache honours `Vary`: one that does not would serve a page another origin's answer.
    res.set('Cache-Control', 'private, max-age=60');
    res.set('Access-Control-Allow-Origin', origin).json(config);
  });

  router.get('/widget/:tenant/challenge', ctx.frontLimits.sessions, async (req, res) => {
    const { tenant, origin } = await admit(ctx, slugIn(req), req);
    const challenger = challengerOf(ctx, tenant);
    if (!challenger) throw new ApiError('not_found');
    answerOnce(origin, res, 200, await challenger.issue({ tenant: tenant.slug, origin }, ctx.now()));
  });

  router.post('/sessions', ctx.frontLimits.sessions, visitorBody, async (req, res) => {
    const {
      tenant: slug,
      challenge,
      assistant = null,
    } = parse(sessionRequestSchema, parseJsonText(req.body));
    const { tenant, origin, isTalk } = await admit(ctx, slug, req);
    if (tenant.status === 'paused') throw new ApiError('tenant_paused');
    if (!isOpen(tenant.limits.hours, tenant.timeZone, ctx.now())) throw new ApiError('outside_hours');
    checkSiteAssistant(tenant, assistant);
    if (!isTalk) await checkChallenge(ctx, tenant, origin, challenge);
    const site = siteOf(req.ip);
    const claims = {
      tenant: tenant.slug,
      tenantId: tenant.id,
      origin,
      network: hashNetwork(ctx.keys.network, networkOf(req.ip)),
      site: site && hashNetwork(ctx.keys.network, site),
      generation: tenant.generation,
      assistant,
    };
    if (!isTalk) noteSnippet(ctx, tenant, origin);
    const { session, id, expiresAt } = issueSession(ctx.keys.session, claims, ctx.now());
    ctx.tracing?.join(id, true);
    ctx.tracing?.note({ 'vapi_agent.tenant': tenant.slug });
    answerOnce(origin, res, 201, {
      session,
      expiresAt: iso(expiresAt),
      ...(ctx.config.dailyProxyUrl ? { mediaProxyUrl: ctx.config.dailyProxyUrl } : {}),
    } satisfies SessionAnswer);
  });

  router.post('/calls', countGrants(ctx), ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const asked = parse(callRequestSchema, parseJsonText(req.body));
    const session = claimsOf(verifySession(ctx.keys.session, asked.session, ctx.now()));
    ctx.tracing?.join(session.jti);
    ctx.tracing?.note({ 'vapi_agent.tenant': session.tenant });
    const { tenant, origin } = await admitSession(ctx, session, req);
    const consentVersion = checkConsent(tenant, asked.consent);
    const identity = await verifyIdentity(ctx, tenant, asked.identity);
    const grant = await grantCall(ctx, tenant, session, { ...asked, identity, consentVersion });
    answerOnce(origin, res, 201, grant satisfies Grant);
  });

  return router;
}

/** Beside the answer, which it must neither delay nor fail; a page of this server is a try-out, not the client's site. */
function noteSnippet(ctx: Context, { id, snippetSeenAt }: Tenant, origin: string): void {
  if (snippetSeenAt !== null || origin === new URL(ctx.config.publicUrl).origin) return;
  ctx.background(noteSnippetSeen(ctx.store, id, origin, ctx.now()));
}

/** Counts the outcome of each request for a call. */
function countGrants(ctx: Context): RequestHandler {
  return (_req, res, next) => {
    res.once('close', () => {
      ctx.metrics.grants.inc({
        result: res.locals.errorCode ?? (res.writableFinished ? 'granted' : 'aborted'),
      });
    });
    next();
  };
}

function slugIn(req: Request): string | null {
  return slugSchema.safeParse(req.params.tenant).data ?? null;
}

/** Never stored, so that it needs none of the work that `res.json` does to recognise it later. */
function answerOnce(origin: string, res: Response, status: number, body: object): void {
  res.status(status).set({
    'Access-Control-Allow-Origin': origin,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json; charset=utf-8',
  });
  res.end(JSON.stringify(body));
}
