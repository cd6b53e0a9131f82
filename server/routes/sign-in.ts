/** Signing in to the portal by a link, signing out, and who is signed in. */
import express, { Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { namedTenant } from '../access/identity/api-key.ts';
import { makeSignInLink, permissionsOfLink, signOut } from '../access/identity/sign-in.ts';
import { signInCookie } from '../access/identity/sign-in-cookie.ts';
import { sendMail } from '../access/notices/mail.ts';
import { iso } from '../base/iso.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import {
  type ClientRole,
  createSignInLinkSchema,
  type MeAnswer,
  type SignInLinkAnswer,
  signOutSchema,
} from '../contract.ts';
import { brandingOf } from '../store/billing-accounts.ts';
import { findTenantById } from '../store/tenants.ts';
import { findUser, listPlaces } from '../store/users.ts';
import { actorIn, authenticate, callerIn, demandPermission } from './caller.ts';
import { accessOf } from './client-access.ts';
import { parse } from './parse.ts';

export function signInRoutes(ctx: AccessContext & BillingContext): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });
  const cookie = signInCookie(ctx.config.publicUrl);

  router.post('/sign-in-links', authenticate(ctx), body, async (req, res) => {
    const { tenant: slug, email } = parse(createSignInLinkSchema, req.body ?? {});
    const tenant = await namedTenant(ctx, slug);
    // No one gains by a link what they may not do themselves; only its own sessions are no key's.
    for (const needed of permissionsOfLink(tenant?.id ?? null)) {
      if (needed !== 'self.manage') demandPermission(callerIn(res), needed);
    }
    const link = await makeSignInLink(ctx, tenant, email ?? null, {
      ...actorIn(req, res),
      keyId: callerIn(res).keyId,
      userId: callerIn(res).userId,
    });
    const mailed = email !== undefined && (await mailLink(ctx, email, link.url));
    const expiresAt = iso(link.expiresAt);
    res.status(201).json({ url: link.url, expiresAt, mailed } satisfies SignInLinkAnswer);
  });

  router.get('/me', authenticate(ctx), async (_req, res) => {
    const { tenantId, permissions, userId, isFixed, viewing } = callerIn(res);
    const user = userId === null ? null : await findUser(ctx.store, userId);
    const places = user && !isFixed ? await listPlaces(ctx.store, user.id) : [];
    const tenant = tenantId === null ? null : await findTenantById(ctx.store, tenantId);
    res.json({
      role: tenantId === null ? 'operator' : 'client',
      tenant: tenant && {
        slug: tenant.slug,
        name: tenant.name,
        timeZone: tenant.timeZone,
        status: tenant.status,
      },
      mayWrite: permissions.includes('clients.manage'),
      permissions: [...permissions],
      access: await accessOf(ctx, res),
      ...(tenantId === null ? { stripe: ctx.stripe !== null, talk: ctx.config.talkUrl !== null } : {}),
      ...(user ? { user: { email: user.email, name: user.name } } : {}),
      ...(places.length > 1 ? { places: places.map(({ slug, name }) => ({ tenant: slug, name })) } : {}),
      ...(viewing ? { viewing: { role: viewing.role as ClientRole, until: iso(viewing.until) } } : {}),
      branding: await brandingOf(ctx.store),
      now: iso(ctx.now()),
    } satisfies MeAnswer);
  });

  router.post('/sign-out', authenticate(ctx), body, async (req, res) => {
    const asked = parse(signOutSchema, req.body ?? {});
    const caller = callerIn(res);
    // Of all of a client's, by a person: one that may also remove them.
    if (asked.tenant && (caller.userId !== null || caller.viewing)) demandPermission(caller, 'people.manage');
    if (await signOut(ctx, asked, caller, actorIn(req, res))) res.clearCookie(cookie.name, cookie.options);
    res.status(204).end();
  });

  return router;
}

/** The link is valid even if no mail could be sent: the operator has it in the answer. */
async function mailLink(ctx: AccessContext, to: string, url: string): Promise<boolean> {
  if (!ctx.smtp) return false;
  const { name } = await brandingOf(ctx.store);
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
