/** `/assistant` and reading `/squad` (vapi-facts 7). A PATCH replaces each given top-level field as a whole. */
import { Router } from 'express';
import { requirePrivate } from '../auth.ts';
import { notFound } from '../errors.ts';
import { assistantSchema, listSchema, parse, requireUuid } from '../shapes.ts';
import type { Json } from '../types.ts';
import { addAssistant, type StoredAssistant, tick, type World } from '../world.ts';
import { passesTimes } from './lists.ts';

const viewOf = ({ id, orgId, createdAt, updatedAt, fields }: StoredAssistant): Json => ({
  id,
  orgId,
  ...fields,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});

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
    response.json(found.slice(0, query.limit).map(viewOf));
  });

  router.post('/assistant', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const stored = addAssistant(world, org.orgId, { ...(parse(assistantSchema, request.body) as Json) });
    response.status(201).json(viewOf(stored));
  });

  router.get('/assistant/:id', (request, response) => {
    response.json(viewOf(own(request.headers.authorization, request.params.id)));
  });

  router.patch('/assistant/:id', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    Object.assign(stored.fields, parse(assistantSchema, request.body));
    stored.updatedAt = tick(world);
    response.json(viewOf(stored));
  });

  router.delete('/assistant/:id', (request, response) => {
    const stored = own(request.headers.authorization, request.params.id);
    world.assistants.delete(stored.id);
    response.json(viewOf(stored));
  });

  router.get('/squad/:id', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const id = requireUuid(request.params.id);
    const squad = org.squads?.find((one) => one.id === id);
    if (squad === undefined) throw notFound('Squad', id);
    response.json({ orgId: org.orgId, ...squad });
  });

  return router;
}
