/** Signing in to the portal by a link, signing out, and who is signed in. */
import express, { type Request, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { namedTenant } from '../access/identity/api-key.ts';
import { isLinkOpen, makeSignInLink, signInLifeMs, signInWith, signOut } from '../access/identity/sign-in.ts';
import { isSameOrigin, signInCookie } from '../access/identity/sign-in-cookie.ts';
import { confirmPage, type Page, refusedPage } from '../access/identity/sign-in-page.ts';
import { sendMail } from '../access/notices/mail.ts';
import { iso } from '../base/iso.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import type { Context } from '../context.ts';
import {
  type Branding,
  createSignInLinkSchema,
  type MeAnswer,
  type SignInLinkAnswer,
  signOutSchema,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findSeller } from '../store/billing-accounts.ts';
import { findTenantById } from '../store/tenants.ts';
import { actorIn, authenticate, callerIn, demandScope, operatorOnly } from './caller.ts';
import { accessOf } from './client-access.ts';
import { parse } from './parse.ts';

export function signInRoutes(ctx: AccessContext & BillingContext): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });
  const cookie = signInCookie(ctx.config.publicUrl);

  router.post('/sign-in-links', authenticate(ctx), operatorOnly, body, async (req, res) => {
    const { tenant: slug, email } = parse(createSignInLinkSchema, req.body ?? {});
    const tenant = await namedTenant(ctx, slug);
    // A sign-in permits reading; a key without that scope must not gain it this way.
    demandScope(callerIn(res), 'read');
    const link = await makeSignInLink(ctx, tenant, email ?? null, {
      ...actorIn(req, res),
      keyId: callerIn(res).keyId,
    });
    const mailed = email !== undefined && (await mailLink(ctx, email, link.url));
    const expiresAt = iso(link.expiresAt);
    res.status(201).json({ url: link.url, expiresAt, mailed } satisfies SignInLinkAnswer);
  });

  router.get('/me', authenticate(ctx), async (_req, res) => {
    const { tenantId, scopes } = callerIn(res);
    demandScope(callerIn(res), 'read');
    const tenant = tenantId === null ? null : await findTenantById(ctx.store, tenantId);
    res.json({
      role: tenantId === null ? 'operator' : 'client',
      tenant: tenant && {
        slug: tenant.slug,
        name: tenant.name,
        timeZone: tenant.timeZone,
        status: tenant.status,
      },
      mayWrite: scopes.includes('write'),
      access: await accessOf(ctx, res),
      ...(tenantId === null ? { stripe: ctx.stripe !== null, talk: ctx.config.talkUrl !== null } : {}),
      branding: await brandingOf(ctx),
      now: iso(ctx.now()),
    } satisfies MeAnswer);
  });

  router.post('/sign-out', authenticate(ctx), body, async (req, res) => {
    const asked = parse(signOutSchema, req.body ?? {});
    const by = { ...actorIn(req, res), tenantId: callerIn(res).tenantId };
    if (await signOut(ctx, asked, by)) res.clearCookie(cookie.name, cookie.options);
    res.status(204).end();
  });

  return router;
}

/** The link's page has a button, because merely opening the link must not use it up. */
export function signInPages(ctx: AccessContext): Router {
  const router = Router();
  const cookie = signInCookie(ctx.config.publicUrl);

  router.get('/sign-in', async (req, res) => {
    const branding = await brandingOf(ctx);
    if (await isLinkOpen(ctx, tokenIn(req))) sendPage(res, 200, confirmPage(branding));
    else await refuse(req, res, branding);
  });

  router.post('/sign-in', async (req, res) => {
    // Otherwise another site's page could sign a visitor in as someone else.
    if (!isSameOrigin(req, ctx.config.publicUrl)) throw new ApiError('forbidden');
    const value = await signInWith(ctx, tokenIn(req), String(req.id));
    if (value === null) {
      await refuse(req, res, await brandingOf(ctx));
      return;
    }
    res.cookie(cookie.name, value, { ...cookie.options, maxAge: signInLifeMs });
    // Relative, so that it works wherever the server is mounted.
    res.set('Cache-Control', 'no-store').status(303).set('Location', './').end();
  });

  async function refuse(req: Request, res: Response, branding: Branding): Promise<void> {
    await ctx.frontLimits.failedAuth(req.ip);
    sendPage(res, 404, refusedPage(branding));
  }

  return router;
}

function tokenIn(req: Request): string {
  const { token } = req.query;
  return typeof token === 'string' && /^[\w-]{43}$/.test(token) ? token : '';
}

function sendPage(res: Response, status: number, { html, policy }: Page): void {
  res.status(status).set({
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
    // The address contains the token; with `no-referrer` the form's own request would have no origin.
    'Referrer-Policy': 'same-origin',
  });
  res.type('html').send(html);
}

async function brandingOf(ctx: Context): Promise<Branding> {
  const seller = await findSeller(ctx.store);
  return {
    name: seller?.name ?? null,
    logoUrl: seller?.logoUrl ?? null,
    accentColor: seller?.accentColor ?? null,
  };
}

/** The link is valid even if no mail could be sent: the operator has it in the answer. */
async function mailLink(ctx: AccessContext, to: string, url: string): Promise<boolean> {
  if (!ctx.smtp) return false;
  const { name } = await brandingOf(ctx);
  const subject = name ? `Sign in to ${name}` : 'Your sign-in link';
  const text = `${subject}:\n\n${url}\n\nThe link works once, for 15 minutes. If you did not expect it, ignore it.\n`;
  try {
    await sendMail(ctx.smtp, { to, subject, text });
    return true;
  } catch (error) {
    ctx.log.warn({ err: error }, 'sign-in link not mailed');
    return false;
  }
}
