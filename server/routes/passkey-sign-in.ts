/** Signing in with a passkey, by a page of this server. At `/v1`. */
import express, { type RequestHandler, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { beginPasskeySignIn, challengeLifeMs, signInWithPasskey } from '../access/identity/passkeys.ts';
import { attemptCookie, cookieIn, isSameOrigin, signInCookie } from '../access/identity/sign-in-cookie.ts';
import { type PasskeySignedIn, passkeySignInSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { parse } from './parse.ts';

export function passkeySignInRoutes(ctx: AccessContext): Router {
  const router = Router();
  const body = express.json({ limit: '48kb' });
  const cookie = signInCookie(ctx.config.publicUrl);
  const attempt = attemptCookie(ctx.config.publicUrl, false);

  // Otherwise another site's page could sign a visitor in as someone else.
  const ownPage: RequestHandler = (req, res, next) => {
    if (!isSameOrigin(req, ctx.config.publicUrl)) throw new ApiError('forbidden');
    res.set('Cache-Control', 'no-store');
    next();
  };

  router.post('/passkey-sign-in/options', ownPage, async (req, res) => {
    await ctx.frontLimits.attempt(req.ip);
    const { cookie: value, options } = await beginPasskeySignIn(ctx);
    res.cookie(attempt.name, value, { ...attempt.options, maxAge: challengeLifeMs }).json(options);
  });

  router.post('/passkey-sign-in', ownPage, body, async (req, res) => {
    const asked = cookieIn(req, attempt.name);
    const answer = parse(passkeySignInSchema, req.body);
    const browser = { requestId: String(req.id), userAgent: req.headers['user-agent'] };
    const signedIn = asked === null ? null : await signInWithPasskey(ctx, asked, answer, browser);
    if (!signedIn) {
      await ctx.frontLimits.failedAuth(req.ip);
      // The same whatever the reason: it must not say which passkeys, or people, exist.
      throw new ApiError('forbidden', {
        detail: 'This passkey does not work here, or too much time has passed. Try again.',
      });
    }
    res.clearCookie(attempt.name, attempt.options);
    res.cookie(cookie.name, signedIn.cookie, { ...cookie.options, maxAge: signedIn.keepMs });
    res.json({ mayChoose: signedIn.mayChoose } satisfies PasskeySignedIn);
  });
  return router;
}
