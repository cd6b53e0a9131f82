/** Signing in the operator's own staff through its OpenID Connect issuer. At `/portal`. */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { IssuerRefused, IssuerUnavailable } from '../access/identity/oidc-client.ts';
import { beginSso, finishSso, type OidcContext, ssoLifeMs } from '../access/identity/oidc-sign-in.ts';
import { attemptCookie, cookieIn, signInCookie } from '../access/identity/sign-in-cookie.ts';
import { ssoProblemPage } from '../access/identity/sign-in-page.ts';
import { ApiError } from '../errors.ts';
import { brandingOf } from '../store/billing-accounts.ts';

const problems = {
  late: 'This took too long, or was begun in another browser. Try again.',
  refused: 'The sign-in service did not confirm who you are. Try again.',
  unverified: 'The sign-in service has not verified your e-mail address.',
  foreign: 'This account does not belong to the team. Ask the owner for an invitation.',
  down: 'The sign-in service cannot be reached. Try again in a few minutes.',
};

export function oidcPages(ctx: AccessContext): Router {
  const router = Router();
  const cookie = signInCookie(ctx.config.publicUrl);
  const attempt = attemptCookie(ctx.config.publicUrl, true);

  const noStore: RequestHandler = (_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    next();
  };
  router.use('/sso', noStore);

  /** @throws ApiError `not_found` without settings */
  function known(): OidcContext {
    const { oidc } = ctx;
    if (!oidc) throw new ApiError('not_found');
    return Object.assign(Object.create(ctx), { oidc });
  }

  router.get('/sso', async (req, res) => {
    const there = known();
    await ctx.frontLimits.attempt(req.ip);
    await explained(res, '', async () => {
      const { url, cookie: value } = await beginSso(there);
      res.cookie(attempt.name, value, { ...attempt.options, maxAge: ssoLifeMs });
      res.status(303).set('Location', url).end();
    });
  });

  router.get('/sso/callback', async (req, res) => {
    const there = known();
    const asked = cookieIn(req, attempt.name);
    res.clearCookie(attempt.name, attempt.options);
    await explained(res, '../', async () => {
      const signedIn = asked === null ? 'late' : await finishSso(there, asked, queryOf(req), browserOf(req));
      if (typeof signedIn === 'string') {
        await ctx.frontLimits.failedAuth(req.ip);
        return problem(res, 403, problems[signedIn], '../');
      }
      res.cookie(cookie.name, signedIn.cookie, { ...cookie.options, maxAge: signedIn.keepMs });
      // Relative, so that it works wherever the server is mounted; nothing of the request decides where to.
      res.status(303).set('Location', '../').end();
    });
  });

  async function explained(res: Response, back: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (
        error instanceof ApiError ||
        !(error instanceof IssuerUnavailable || error instanceof IssuerRefused)
      )
        throw error;
      const isDown = error instanceof IssuerUnavailable;
      // Not the library's error: it may contain what the issuer has answered.
      ctx.log.warn({ reason: String((error.cause as { code?: unknown })?.code ?? '') }, error.message);
      await problem(res, isDown ? 503 : 403, isDown ? problems.down : problems.refused, back);
    }
  }

  async function problem(res: Response, status: number, text: string, back: string): Promise<void> {
    const { html, policy } = ssoProblemPage(await brandingOf(ctx.store), text, back);
    res.status(status).set('Content-Security-Policy', policy).type('html').send(html);
  }

  return router;
}

const browserOf = (req: Request) => ({ requestId: String(req.id), userAgent: req.headers['user-agent'] });

function queryOf(req: Request): string {
  return new URL(req.originalUrl, 'http://localhost').searchParams.toString();
}
