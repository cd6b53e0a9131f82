/** A person's own passkeys. At `/v1`. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import type { Caller } from '../access/identity/api-key.ts';
import {
  addPasskey,
  beginPasskey,
  nameOwnPasskey,
  passkeysOf,
  removeOwnPasskey,
} from '../access/identity/passkeys.ts';
import { addPasskeySchema, type PasskeysAnswer, type PasskeyView, renamePasskeySchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { actorIn, authenticate, callerIn } from './caller.ts';
import { parse } from './parse.ts';

const body = express.json({ limit: '48kb' });

/** A key, and a sign-in without a person, has none. */
function personIn(res: Response): Caller & { userId: string; signInId: string } {
  const { userId, signInId, ...rest } = callerIn(res);
  if (userId === null || signInId === null) throw new ApiError('not_found');
  return { ...rest, userId, signInId };
}
const personOnly: RequestHandler = (_req, res, next) => {
  personIn(res);
  next();
};

export function passkeyRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.use('/me/passkeys', authenticate(ctx));
  router.get('/me/passkeys', async (_req, res) => {
    res.json((await passkeysOf(ctx, callerIn(res))) satisfies PasskeysAnswer);
  });
  router.post('/me/passkeys/options', personOnly, async (_req, res) => {
    res.json(await beginPasskey(ctx, personIn(res)));
  });
  router.post('/me/passkeys', personOnly, body, async (req, res) => {
    const added = await addPasskey(ctx, personIn(res), parse(addPasskeySchema, req.body), actorIn(req, res));
    res.status(201).json(added satisfies PasskeyView);
  });
  router.patch('/me/passkeys/:id', personOnly, body, async (req, res) => {
    const { name } = parse(renamePasskeySchema, req.body);
    await nameOwnPasskey(ctx, personIn(res), idIn(req), name, actorIn(req, res));
    res.status(204).end();
  });
  router.delete('/me/passkeys/:id', personOnly, async (req, res) => {
    await removeOwnPasskey(ctx, personIn(res), idIn(req), actorIn(req, res));
    res.status(204).end();
  });
  return router;
}

const idIn = (req: Request): string => String(req.params.id);
