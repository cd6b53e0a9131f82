/** Reading `/squad`: assistants that hand a call on to each other. */
import { Router } from 'express';
import { requirePrivate } from '../auth.ts';
import { notFound } from '../errors.ts';
import { parse, requireUuid, squadListSchema } from '../shapes.ts';
import type { Json } from '../types.ts';
import type { StoredSquad, World } from '../world.ts';
import { passesTimes } from './lists.ts';

const viewOf = ({ id, orgId, createdAt, updatedAt, fields }: StoredSquad): Json => ({
  id,
  orgId,
  ...fields,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});

export function squadRoutes(world: World): Router {
  const router = Router();

  router.get('/squad', (request, response) => {
    const { orgId } = requirePrivate(world, request.headers.authorization);
    const query = parse(squadListSchema, request.query);
    const found = [...world.squads.values()]
      .filter(
        (squad) =>
          squad.orgId === orgId &&
          (query.idAny === undefined || query.idAny.includes(squad.id)) &&
          passesTimes(squad, query),
      )
      .sort((a, b) => b.createdAt - a.createdAt);
    response.json(found.slice(0, query.limit).map(viewOf));
  });

  router.get('/squad/:id', (request, response) => {
    const { orgId } = requirePrivate(world, request.headers.authorization);
    const squad = world.squads.get(requireUuid(request.params.id));
    if (squad === undefined || squad.orgId !== orgId) throw notFound('Squad', request.params.id);
    response.json(viewOf(squad));
  });

  return router;
}
