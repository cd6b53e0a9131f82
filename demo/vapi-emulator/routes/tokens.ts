/**
 * `/token`: an org's keys through the API. It is in the types of `@vapi-ai/web`, but not in the public documentation; public
 * code lists and creates keys here with the org's private key. A switch refuses it, because other keys may not be allowed to.
 */
import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { requirePrivate } from '../auth.ts';
import { invalidKey, notFound, Refusal } from '../errors.ts';
import { listSchema, parse, requireUuid, tokenSchema } from '../shapes.ts';
import type { Json } from '../types.ts';
import { addToken, type StoredToken, tick, type World } from '../world.ts';
import { passesTimes } from './lists.ts';

const viewOf = ({ createdAt, updatedAt, given, ...token }: StoredToken): Json => ({
  ...token,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});

export function tokenRoutes(world: World): Router {
  const router = Router();

  /** The org whose keys this caller may manage. */
  const ownOrg = (authorization: string | undefined): string => {
    const { orgId } = requirePrivate(world, authorization);
    const status = world.switches.refuseTokensWith;
    if (status === 401) throw invalidKey();
    if (status !== 0) throw new Refusal(status, status === 404 ? 'Not Found' : 'Forbidden resource');
    return orgId;
  };
  const own = (authorization: string | undefined, id: string): StoredToken => {
    const orgId = ownOrg(authorization);
    const token = world.tokens.get(requireUuid(id));
    if (token === undefined || token.orgId !== orgId) throw notFound('Token', id);
    return token;
  };

  router.get('/token', (request, response) => {
    const orgId = ownOrg(request.headers.authorization);
    const query = parse(listSchema, request.query);
    const found = [...world.tokens.values()]
      .filter((token) => token.orgId === orgId && passesTimes(token, query))
      .sort((a, b) => b.createdAt - a.createdAt);
    response.json(found.slice(0, query.limit).map(viewOf));
  });

  router.post('/token', (request, response) => {
    const orgId = ownOrg(request.headers.authorization);
    const { tag = 'private', ...wish } = parse(tokenSchema, request.body);
    const token = addToken(world, { orgId, tag, value: randomUUID(), ...wish, given: false });
    response.status(201).json(viewOf(token));
  });

  router.get('/token/:id', (request, response) => {
    response.json(viewOf(own(request.headers.authorization, request.params.id)));
  });

  router.patch('/token/:id', (request, response) => {
    const token = own(request.headers.authorization, request.params.id);
    Object.assign(token, parse(tokenSchema, request.body), { updatedAt: tick(world) });
    response.json(viewOf(token));
  });

  router.delete('/token/:id', (request, response) => {
    const token = own(request.headers.authorization, request.params.id);
    world.tokens.delete(token.id);
    response.json(viewOf(token));
  });

  return router;
}
