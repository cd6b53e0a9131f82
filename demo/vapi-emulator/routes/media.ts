/** In place of Daily: the call machine's bundle and the rooms it talks to. */
import express, { Router } from 'express';
import { z } from 'zod';
import { control, controlSchema } from '../control.ts';
import { notFound, Refusal } from '../errors.ts';
import { conversationOf, endCall, leaveCall, startCall } from '../lifecycle.ts';
import { callOfRoom, isConnected, openStream, sendToRoom } from '../rooms.ts';
import { scenarios } from '../scenarios.ts';
import { parse } from '../shapes.ts';
import { publishTraffic } from '../traffic.ts';
import type { Call, World } from '../world.ts';

/** The call machine uses the protocol of this release only. */
const dailyVersion = '0.87.0';

const messageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('joined') }),
  z.strictObject({ kind: z.literal('microphone-refused') }),
  z.strictObject({ kind: z.literal('muted'), muted: z.boolean() }),
  z.strictObject({ kind: z.literal('app-message'), data: z.string().max(4096) }),
  z.strictObject({ kind: z.literal('left') }),
]);
type MachineMessage = z.infer<typeof messageSchema>;

/**
 * The first script: it accepts the waiting call objects at once, as daily-js requires, keeps their messages, and loads the
 * modules of the machine itself.
 */
const bundle = (origin: string): string => `(() => {
  const ids = window._daily.pendings.splice(0);
  const early = [];
  const keep = (event) => early.push(event);
  window.addEventListener('message', keep);
  import('${origin}/daily/call-machine/call-machine.js').then(({ startCallMachine }) => {
    window.removeEventListener('message', keep);
    for (const id of ids) startCallMachine(id, '${origin}', early);
  });
  for (const id of ids) {
    const empty = { local: { public: { subscribedTracks: { ALL: false } }, streams: {} }, participants: {}, streams: {} };
    window._daily.instances[id].callMachine = { store: { getState: () => empty }, reset() {} };
  }
})();
`;

export function mediaRoutes(world: World): Router {
  const router = Router();

  router.get(
    '/daily/c.daily.co/call-machine/versioned/:version/static/call-machine-object-bundle.js',
    (request, response) => {
      if (request.params.version !== dailyVersion)
        throw new Refusal(404, `This call machine is made for daily-js ${dailyVersion} only`);
      response.type('text/javascript').send(bundle(`${request.protocol}://${request.headers.host}`));
    },
  );
  router.use(
    '/daily/call-machine',
    express.static(new URL('../call-machine/', import.meta.url).pathname, { index: false, maxAge: 0 }),
  );

  router.get('/daily/rooms/:room/events', (request, response) => {
    const call = findCall(world, request.params.room);
    if (call.status === 'ended') throw notFound('Room', call.room);
    openStream(call, response, scenarios[call.scenario].microphone ?? 'ask', () => {
      // A stream that returns within the grace time does not count as leaving.
      const cancel = world.timers.after(world.switches.disconnectMs, () => {
        if (!isConnected(call) && call.status === 'in-progress') leaveCall(world, call);
      });
      call.stops.push(cancel);
    });
  });

  // Plain text, so that neither fetch nor sendBeacon needs a preflight.
  router.post('/daily/rooms/:room/messages', express.text({ limit: '16kb' }), (request, response) => {
    const call = findCall(world, request.params.room);
    const message = parse(messageSchema, readJson(request.body));
    // Both sides may end at once; what comes after the end is lost but not an error.
    if (call.status !== 'ended') hearMachine(world, call, message);
    response.sendStatus(204);
  });

  return router;
}

function findCall(world: World, room: string): Call {
  const call = callOfRoom(world, room);
  if (call === undefined) throw notFound('Room', room);
  return call;
}

function readJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function hearMachine(world: World, call: Call, message: MachineMessage): void {
  switch (message.kind) {
    case 'joined':
      startCall(world, call);
      conversationOf(call)?.silenceVisitor(false);
      break;
    case 'microphone-refused':
      // Never started: such a call has no length and costs nothing.
      if (call.status === 'queued')
        call.stops.push(
          world.timers.after(1000 / world.speed, () =>
            endCall(world, call, 'customer-did-not-give-microphone-permission'),
          ),
        );
      break;
    case 'muted':
      conversationOf(call)?.silenceVisitor(message.muted);
      break;
    case 'app-message':
      hearPage(world, call, message.data);
      break;
    case 'left':
      leaveCall(world, call);
      break;
  }
}

/** What the SDK sends into the room: `playable`, or a control message as a JSON string. */
function hearPage(world: World, call: Call, data: string): void {
  if (data === 'playable') {
    sendToRoom(call, { kind: 'app-message', data: 'listening' });
    conversationOf(call)?.start();
    return;
  }
  const body = readJson(data);
  publishTraffic({ kind: 'from the page', body });
  const message = controlSchema.safeParse(body);
  if (message.success) control(world, call, message.data, 'customer-ended-call');
}
