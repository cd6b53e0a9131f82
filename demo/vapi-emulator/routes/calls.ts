/** `/call`, `/v2/call` and the control URL (vapi-facts 2.1, 2.5, 4.3). */
import { Router } from 'express';
import type { z } from 'zod';
import { identify, requirePrivate, requireWebCaller } from '../auth.ts';
import { creationAnswer, currentView } from '../call.ts';
import { control, controlSchema } from '../control.ts';
import { notFound, Refusal } from '../errors.ts';
import { createWebCall } from '../lifecycle.ts';
import { sendToServer } from '../messages.ts';
import {
  callListSchema,
  callPageSchema,
  parse,
  renameSchema,
  requireUuid,
  webCallSchema,
} from '../shapes.ts';
import { type Call, tick, type World } from '../world.ts';
import { durationOf, findCalls, newestFirst, shownCost } from './lists.ts';

/** @throws Refusal 401 without the org's private key, 404 for a call that is not the org's, or was deleted */
export function ownCall(world: World, authorization: string | undefined, id: string): Call {
  const org = requirePrivate(world, authorization);
  const call = world.calls.get(requireUuid(id));
  if (call === undefined || call.orgId !== org.orgId || call.dataDeleted) throw notFound('Call', id);
  return call;
}

export function callRoutes(world: World): Router {
  const router = Router();

  router.post('/call/web', async (request, response) => {
    const { authorization, origin } = request.headers;
    // The key comes first: without one nothing is said about the body.
    identify(world, authorization);
    const body = request.body as
      | Record<'assistantId' | 'assistant' | 'squadId' | 'squad', unknown>
      | undefined;
    const idIn = (value: unknown) => (typeof value === 'string' ? value : undefined);
    const org = requireWebCaller(world, authorization, {
      origin,
      assistantId: idIn(body?.assistantId),
      squadId: idIn(body?.squadId),
      transient: (body?.assistant ?? body?.squad) !== undefined,
    });
    const call = await createWebCall(world, org, parse(webCallSchema, body));
    if (world.switches.loseAnswers) {
      request.socket.destroy();
      return;
    }
    response.status(201).json(creationAnswer(call));
  });

  router.post('/call', (request, response) => {
    requirePrivate(world, request.headers.authorization);
    // Phone lines are not emulated; the service also says this to a web transport.
    response
      .status(400)
      .json(
        new Refusal(400, "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.").body,
      );
  });

  router.get('/call', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const query = parse(callListSchema, request.query);
    response.json(
      findCalls(world, org.orgId, query)
        .slice(0, query.limit)
        .map((call) => currentView(world, call)),
    );
  });

  router.get('/v2/call', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const query = parse(callPageSchema, request.query);
    response.json(pageOf(world, findCalls(world, org.orgId, query), query));
  });

  router.get('/call/:id', (request, response) => {
    response.json(currentView(world, ownCall(world, request.headers.authorization, request.params.id)));
  });

  router.patch('/call/:id', (request, response) => {
    const call = ownCall(world, request.headers.authorization, request.params.id);
    call.name = parse(renameSchema, request.body).name;
    call.updatedAt = tick(world);
    response.json(currentView(world, call));
  });

  // Deletes the call's data; it does not end a call.
  router.delete('/call/:id', (request, response) => {
    const call = ownCall(world, request.headers.authorization, request.params.id);
    const last = currentView(world, call);
    call.dataDeleted = true;
    void sendToServer(world, call, { type: 'call.deleted' });
    response.json(last);
  });

  router.post('/_worker/:id/:token/control', (request, response) => {
    const { id, token } = request.params;
    const call = world.calls.get(id);
    if (call === undefined || call.controlToken !== token || call.status === 'ended')
      throw notFound('Call', id);
    const plan = call.assistant.monitorPlan as { controlAuthenticationEnabled?: boolean } | undefined;
    if (plan?.controlAuthenticationEnabled === true) identify(world, request.headers.authorization);
    control(world, call, parse(controlSchema, request.body), world.switches.controlEndedReason);
    response.json({ success: true });
  });

  return router;
}

type PageQuery = z.infer<typeof callPageSchema>;

/** A cursor is the id of the previous page's last call. */
function pageOf(world: World, found: Call[], query: PageQuery): unknown {
  const any = (list: string[] | undefined, value: string | null | undefined) =>
    list === undefined || (typeof value === 'string' && list.includes(value));
  const by: Record<PageQuery['sortBy'], (a: Call, b: Call) => number> = {
    createdAt: newestFirst,
    duration: (a, b) => durationOf(b) - durationOf(a) || newestFirst(a, b),
    cost: (a, b) => shownCost(b) - shownCost(a) || newestFirst(a, b),
  };
  const calls = found
    .filter(
      (call) =>
        any(query.idAny, call.id) &&
        any(query.assistantIdAny, call.assistantId) &&
        any(query.endedReasonAny, call.endedReason) &&
        (query.costLe === undefined || shownCost(call) <= query.costLe) &&
        (query.costGe === undefined || shownCost(call) >= query.costGe),
    )
    .sort(by[query.sortBy]);
  if (query.sortOrder === 'ASC') calls.reverse();
  const afterCursor = calls.findIndex(({ id }) => id === query.cursor) + 1;
  const from = query.cursor === undefined ? (query.page - 1) * query.limit : afterCursor;
  const page = calls.slice(from, from + query.limit);
  const hasNextPage = from + page.length < calls.length;
  return {
    results: page.map((call) => currentView(world, call)),
    metadata: {
      itemsPerPage: query.limit,
      totalItems: calls.length,
      currentPage: query.page,
      totalPages: query.limit === 0 ? 0 : Math.ceil(calls.length / query.limit),
      hasNextPage,
      ...(hasNextPage ? { nextCursor: page.at(-1)?.id } : {}),
      sortOrder: query.sortOrder,
      itemsBeyondRetention: false,
    },
  };
}
