/** `/assistant` (vapi-facts 7). A PATCH replaces each given top-level field as a whole. */
import { Router } from 'express';
import { requirePrivate } from '../auth.ts';
import { notFound } from '../errors.ts';
import { assistantSchema, listSchema, parse, requireUuid, versionListSchema } from '../shapes.ts';
import type { Json } from '../types.ts';
import {
  draftsOf,
  editAssistant,
  findVersion,
  publish,
  versionsOf,
  versionView,
  viewOf,
} from '../versions.ts';
import { addAssistant, type StoredAssistant, type World } from '../world.ts';
import { passesTimes } from './lists.ts';

export function assistantRoutes(world: World): Router {
  const router = Router();
  const own = (authorization: string | undefined, id: string): StoredAssistant => {
    const org = requirePrivate(world, authorization);
    const stored = world.assistants.get(requireUuid(id));
    if (stored === undefined || stored.orgId !== org.orgId) throw notFound('Assistant', id);
    return stored;
  };

  router.get('/assistant', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const query = parse(listSchema, request.query);
    const found = [...world.assistants.values()]
      .filter((stored) => stored.orgId === org.orgId && passesTimes(stored, query))
      .sort((a, b) => b.createdAt - a.createdAt);
    response.json(found.slice(0, query.limit).map((stored) => viewOf(world, stored)));
  });

  router.post('/assistant', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const stored = addAssistant(world, org.orgId, { ...(parse(assistantSchema, request.body) as Json) });
    response.status(201).json(viewOf(world, stored));
  });

  router.get('/assistant/:id', (request, response) => {
    response.json(viewOf(world, own(request.headers.authorization, request.params.id)));
  });

  router.patch('/assistant/:id', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    response.json(editAssistant(world, stored, parse(assistantSchema, request.body)));
  });

  router.delete('/assistant/:id', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    world.assistants.delete(stored.id);
    response.json(viewOf(world, stored));
  });

  router.get('/assistant/:id/versions', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    const { limit } = parse(versionListSchema, request.query);
    const all = versionsOf(world, stored).toReversed();
    response.json({
      results: all.slice(0, limit).map((version) => versionView(stored, version)),
      metadata: { nextCursor: null, hasNextPage: all.length > limit, limit },
    });
  });

  router.get('/assistant/:id/versions/:version', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    response.json(versionView(stored, findVersion(world, stored, request.params.version)));
  });

  // An old version becomes a new current one at once.
  router.post('/assistant/:id/restore/:version', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    publish(world, stored, findVersion(world, stored, request.params.version).fields);
    response.status(201).json(viewOf(world, stored));
  });

  router.get('/assistant/:id/draft', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    const { limit } = parse(versionListSchema, request.query);
    response.json({
      results: draftsOf(world, stored),
      metadata: { nextCursor: null, hasNextPage: false, limit },
    });
  });

  return router;
}
