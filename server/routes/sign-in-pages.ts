/** The pages before the portal: asking for a link, the link, an invitation, choosing between several clients. */
import express, { type Request, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import type { Caller } from '../access/identity/api-key.ts';
import { acceptInvitation, isInvitationOpen } from '../access/identity/invitations.ts';
import { mailLinkTo } from '../access/identity/person-mail.ts';
import { choosePlace } from '../access/identity/sessions.ts';
import { callerOfCookie, isLinkOpen, type SignedIn, signInWith } from '../access/identity/sign-in.ts';
import { cookieIn, isSameOrigin, signInCookie } from '../access/identity/sign-in-cookie.ts';
import {
  choosePage,
  confirmPage,
  invitationPage,
  type Page,
  refusedPage,
  requestedPage,
  requestPage,
} from '../access/identity/sign-in-page.ts';
import { personEmailSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { brandingOf } from '../store/billing-accounts.ts';
import { listPlaces } from '../store/users.ts';

/** A link's page has a button, because merely opening the link must not use it up. */
export function signInPages(ctx: AccessContext): Router {
  const router = Router();
  const cookie = signInCookie(ctx.config.publicUrl);
  const form = express.urlencoded({ extended: false, limit: '4kb' });
  const mails = () => ctx.smtp !== null;
  const branding = () => brandingOf(ctx.store);

  router.get('/sign-in', async (req, res) => {
    if (await isLinkOpen(ctx, tokenIn(req))) sendPage(res, 200, confirmPage(await branding()));
    else await refuse(req, res);
  });
  router.post('/sign-in', async (req, res) => {
    demandOwnPage(req);
    await enter(req, res, await signInWith(ctx, tokenIn(req), browserOf(req)));
  });

  router.get('/invitation', async (req, res) => {
    if (await isInvitationOpen(ctx, tokenIn(req))) sendPage(res, 200, invitationPage(await branding()));
    else await refuse(req, res);
  });
  router.post('/invitation', async (req, res) => {
    demandOwnPage(req);
    await enter(req, res, await acceptInvitation(ctx, tokenIn(req), browserOf(req)));
  });

  router.get('/link', async (_req, res) => {
    sendPage(res, 200, requestPage(await branding(), mails(), ctx.oidc !== null));
  });
  router.post('/link', form, async (req, res) => {
    demandOwnPage(req);
    await ctx.frontLimits.linkRequest(req.ip);
    const looks = await branding();
    const email = personEmailSchema.safeParse(fieldIn(req, 'email').trim());
    if (!email.success || !mails()) {
      sendPage(
        res,
        400,
        requestPage(looks, mails(), ctx.oidc !== null, email.success ? '' : 'This is not an e-mail address.'),
      );
      return;
    }
    // All that depends on the address comes after the answer: neither its words nor its time say who may sign in.
    const request = { requestId: String(req.id), address: req.ip };
    res.once('close', () => void mailLinkTo(ctx, email.data, looks.name, request));
    sendPage(res, 200, requestedPage(looks));
  });

  router.get('/choose', async (req, res) => {
    const person = await personOf(req);
    if (person) sendPage(res, 200, choosePage(await branding(), await listPlaces(ctx.store, person.userId)));
    else goTo(res, './');
  });
  router.post('/choose', form, async (req, res) => {
    demandOwnPage(req);
    const person = await personOf(req);
    const by = { actor: person?.actor ?? '', requestId: String(req.id) };
    if (person) await choosePlace(ctx, person, fieldIn(req, 'place') || null, by);
    goTo(res, './');
  });

  /** Someone with several places, on a page of the portal. */
  async function personOf(req: Request): Promise<(Caller & { userId: string }) | null> {
    const value = cookieIn(req, cookie.name);
    const caller = value === null ? null : await callerOfCookie(ctx, value);
    if (!caller || caller.userId === null || caller.isFixed) return null;
    return { ...caller, userId: caller.userId };
  }

  // Otherwise another site's page could sign a visitor in as someone else.
  function demandOwnPage(req: Request): void {
    if (!isSameOrigin(req, ctx.config.publicUrl)) throw new ApiError('forbidden');
  }

  async function enter(req: Request, res: Response, signedIn: SignedIn | null): Promise<void> {
    if (!signedIn) {
      await refuse(req, res);
      return;
    }
    res.cookie(cookie.name, signedIn.cookie, { ...cookie.options, maxAge: signedIn.keepMs });
    goTo(res, signedIn.mayChoose ? './choose' : './');
  }

  async function refuse(req: Request, res: Response): Promise<void> {
    await ctx.frontLimits.failedAuth(req.ip);
    sendPage(res, 404, refusedPage(await branding(), mails(), ctx.oidc !== null));
  }

  return router;
}

const browserOf = (req: Request) => ({ requestId: String(req.id), userAgent: req.headers['user-agent'] });

function tokenIn(req: Request): string {
  const { token } = req.query;
  return typeof token === 'string' && /^[\w-]{43}$/.test(token) ? token : '';
}

function fieldIn(req: Request, name: string): string {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

/** Relative, so that it works wherever the server is mounted. */
function goTo(res: Response, address: string): void {
  res.set('Cache-Control', 'no-store').status(303).set('Location', address).end();
}

export function sendPage(res: Response, status: number, { html, policy }: Page): void {
  res.status(status).set({
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
    // The address contains the token; with `no-referrer` the form's own request would have no origin.
    'Referrer-Policy': 'same-origin',
  });
  res.type('html').send(html);
}
