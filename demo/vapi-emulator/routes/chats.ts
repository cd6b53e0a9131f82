/** `/chat` and `/session`: text mode (vapi-facts 6). */
import { randomUUID } from 'node:crypto';
import { type Response, Router } from 'express';
import type { z } from 'zod';
import { findSquad, requireOneCallee } from '../answering.ts';
import { requirePrivate } from '../auth.ts';
import { answerTo } from '../dialogue.ts';
import { notFound, Refusal } from '../errors.ts';
import { chatListSchema, chatSchema, parse, requireUuid, sessionSchema } from '../shapes.ts';
import { publishTraffic } from '../traffic.ts';
import type { EmulatorOrg, Json } from '../types.ts';
import { tick, type World } from '../world.ts';
import { passesTimes } from './lists.ts';

type ChatBody = z.infer<typeof chatSchema>;

export function chatRoutes(world: World): Router {
  const router = Router();

  router.post('/chat', async (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const body = parse(chatSchema, request.body);
    if (world.switches.chatPaymentRequired)
      throw new Refusal(
        402,
        'Purchase credits to use chat. New pay-as-you-go orgs require a completed payment.',
      );
    const chat = newChat(world, org, body);
    world.chats.set(String(chat.id), chat);
    if (world.switches.loseAnswers) {
      request.socket.destroy();
      return;
    }
    if (body.stream === true) await stream(world, response, chat);
    else response.status(201).json(chat);
  });

  router.get('/chat', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const query = parse(chatListSchema, request.query);
    const found = [...world.chats.values()].filter(
      (chat) =>
        chat.orgId === org.orgId &&
        (['id', 'assistantId', 'sessionId', 'previousChatId'] as const).every(
          (field) => query[field] === undefined || chat[field] === query[field],
        ) &&
        passesTimes(timesOf(chat), query),
    );
    found.sort((a, b) => timesOf(b).createdAt - timesOf(a).createdAt);
    if (query.sortOrder === 'ASC') found.reverse();
    response.json(pageOf(found, query));
  });

  const ownChat = (authorization: string | undefined, id: string): Json => {
    const org = requirePrivate(world, authorization);
    const chat = world.chats.get(requireUuid(id));
    if (chat === undefined || chat.orgId !== org.orgId) throw notFound('Chat', id);
    return chat;
  };

  router.get('/chat/:id', (request, response) => {
    response.json(ownChat(request.headers.authorization, request.params.id));
  });

  router.delete('/chat/:id', (request, response) => {
    const chat = ownChat(request.headers.authorization, request.params.id);
    world.chats.delete(request.params.id);
    response.json(chat);
  });

  router.post('/session', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const body = parse(sessionSchema, request.body);
    if (body.assistantId !== undefined) assistantOf(world, org, body.assistantId);
    const now = new Date(tick(world)).toISOString();
    const session = {
      status: 'active',
      expirationSeconds: 86_400,
      ...body,
      id: randomUUID(),
      orgId: org.orgId,
      createdAt: now,
      updatedAt: now,
    };
    world.sessions.set(session.id, session);
    response.status(201).json(session);
  });

  router.get('/session/:id', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const session = world.sessions.get(requireUuid(request.params.id));
    if (session === undefined || session.orgId !== org.orgId) throw notFound('Session', request.params.id);
    response.json(session);
  });

  return router;
}

const timesOf = (thing: Json) => ({
  createdAt: Date.parse(String(thing.createdAt)),
  updatedAt: Date.parse(String(thing.updatedAt)),
});

function pageOf(found: Json[], { page, limit, sortOrder }: z.infer<typeof chatListSchema>): Json {
  const from = (page - 1) * limit;
  return {
    results: found.slice(from, from + limit),
    metadata: {
      itemsPerPage: limit,
      totalItems: found.length,
      currentPage: page,
      hasNextPage: from + limit < found.length,
      sortOrder,
    },
  };
}

function assistantOf(world: World, org: EmulatorOrg, id: string): void {
  if (world.assistants.get(id)?.orgId !== org.orgId) throw notFound('Assistant', id);
}

/** The conversation that this message continues; throws 400 for two, 404 for one that does not exist. */
function contextOf(
  world: World,
  org: EmulatorOrg,
  body: ChatBody,
): { callee: { assistantId?: unknown; squadId?: unknown }; messages: Json[] } {
  const { sessionId, previousChatId } = body;
  if (sessionId !== undefined && previousChatId !== undefined)
    throw new Refusal(400, 'Provide either sessionId or previousChatId, not both.');
  if (sessionId !== undefined && body.assistantId !== undefined)
    throw new Refusal(400, 'assistantId should not be provided with sessionId.');
  const id = sessionId ?? previousChatId;
  if (id === undefined) {
    if ((body.assistantId ?? body.assistant ?? body.squadId ?? body.squad) === undefined)
      throw new Refusal(400, 'Need either `assistantId`, `assistant`, `squadId`, or `squad`.');
    requireOneCallee(body);
    if (body.assistantId !== undefined) assistantOf(world, org, body.assistantId);
    if (body.squadId !== undefined) findSquad(world, org, body.squadId);
    return { callee: calleeOf(body), messages: [] };
  }
  const before = (sessionId === undefined ? world.chats : world.sessions).get(id);
  if (before === undefined || before.orgId !== org.orgId)
    throw notFound(sessionId === undefined ? 'Chat' : 'Session', id);
  const messages = [...((before.messages as Json[] | undefined) ?? []), ...((before.output as Json[]) ?? [])];
  return { callee: calleeOf(before), messages };
}

const calleeOf = ({ assistantId, squadId }: Json) => ({
  ...(assistantId === undefined ? {} : { assistantId }),
  ...(squadId === undefined ? {} : { squadId }),
});

function newChat(world: World, org: EmulatorOrg, body: ChatBody): Json {
  const context = contextOf(world, org, body);
  const input: Json[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const answer = answerTo(String(input.at(-1)?.content ?? ''));
  const output = [{ role: 'assistant', content: answer }];
  const messages = [...context.messages, ...input];
  const promptTokens = Math.ceil(JSON.stringify(messages).length / 4);
  const completionTokens = Math.ceil(answer.length / 4);
  const costs = [
    {
      type: 'model',
      model: { provider: 'openai', model: 'gpt-4o-mini' },
      promptTokens,
      completionTokens,
      cost: Math.round((promptTokens * 0.15 + completionTokens * 0.6) * 10) / 1e7,
    },
    { type: 'chat', cost: 0.005 },
  ];
  const now = new Date(tick(world)).toISOString();
  if (body.sessionId !== undefined)
    Object.assign(world.sessions.get(body.sessionId) ?? {}, {
      messages: [...messages, ...output],
      updatedAt: now,
    });
  return {
    id: randomUUID(),
    orgId: org.orgId,
    ...context.callee,
    ...(body.sessionId === undefined ? {} : { sessionId: body.sessionId }),
    ...(body.previousChatId === undefined ? {} : { previousChatId: body.previousChatId }),
    ...(body.name === undefined ? {} : { name: body.name }),
    messages,
    output,
    cost: Math.round(costs.reduce((total, item) => total + item.cost, 0) * 1e4) / 1e4,
    costs,
    createdAt: now,
    updatedAt: now,
  };
}

/** The answer word by word, as `text/event-stream`. */
async function stream(world: World, response: Response, chat: Json): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const [{ content }] = chat.output as [{ content: string }];
  for (const delta of content.match(/\S+\s*/g) ?? []) {
    const event = {
      id: chat.id,
      ...(chat.sessionId === undefined ? {} : { sessionId: chat.sessionId }),
      path: 'chat.output[0].content',
      delta,
    };
    publishTraffic({ kind: 'chat event', body: event });
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    await world.timers.wait(30 / world.speed);
  }
  response.end('data: [DONE]\n\n');
}
