/** `/_emulator/…`: how a test in another process drives the emulator. Not Vapi's; no key needed. */
import { Router } from 'express';
import { z } from 'zod';
import { currentView } from '../call.ts';
import { notFound } from '../errors.ts';
import { endCall, makeCall, uploadRecordings } from '../lifecycle.ts';
import { callIn } from '../phone-lines.ts';
import { parse } from '../shapes.ts';
import {
  assistantEdits,
  type CostItem,
  type EmulatorOrg,
  phoneStatuses,
  type Switches,
  scenarioNames,
} from '../types.ts';
import { publishDraft, viewOf } from '../versions.ts';
import { addOrg, type Call, defaultSwitches, until, type World } from '../world.ts';

const costs = z.array(z.looseObject({ type: z.string(), cost: z.number() })).optional();

const endSchema = z.strictObject({
  /** With it the call ends as if it had lasted that long; without it at its real length. */
  seconds: z.number().min(0).optional(),
  cost: z.number().min(0).optional(),
  costs,
  endedReason: z.string().optional(),
});

const makeSchema = z.strictObject({
  assistantId: z.string(),
  type: z.enum(['webCall', 'inboundPhoneCall', 'outboundPhoneCall']).optional(),
  seconds: z.number().min(0).default(60),
  cost: z.number().min(0).optional(),
  costs,
  endedReason: z.string().optional(),
  createdAt: z.iso.datetime({ offset: true }).optional(),
  assistantOverrides: z.record(z.string(), z.unknown()).optional(),
  scenario: z.enum(scenarioNames).optional(),
  webhooks: z.boolean().optional(),
  live: z.boolean().optional(),
  recordingRedirect: z.string().optional(),
});

const incomingSchema = z.strictObject({
  phoneNumberId: z.string(),
  from: z.string().optional(),
  seconds: z.number().min(0).optional(),
  cost: z.number().min(0).optional(),
  id: z.uuid().optional(),
  webhooks: z.boolean().optional(),
});

const switchesSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(defaultSwitches).map(([name, value]) => {
        const schema = { boolean: z.boolean(), number: z.number().min(0), string: z.string() }[
          typeof value as 'boolean' | 'number' | 'string'
        ];
        return [name, schema.optional()];
      }),
    ),
  )
  .extend({
    assistantEdits: z.enum(assistantEdits).optional(),
    newPhoneNumberStatus: z.enum(phoneStatuses).optional(),
  });

const waitSchema = z.strictObject({ waitFor: z.enum(['in-progress', 'ended', 'settled']).optional() });

const orgSchema = z.looseObject({
  orgId: z.string(),
  privateKeys: z.array(z.string()),
  publicKeys: z.array(z.looseObject({ value: z.string() })),
  assistants: z.array(z.looseObject({ id: z.string() })),
});

/** Whether a call has reached that state. */
export const reached: Record<'in-progress' | 'ended' | 'settled', (call: Call) => boolean> = {
  'in-progress': (call) => call.status !== 'queued',
  ended: (call) => call.status === 'ended',
  settled: (call) => call.settled,
};

/** A call as the admin routes show it: the truth, cost included, even if the API does not show it yet. */
const truth = (world: World, call: Call) => ({
  ...currentView(world, call),
  ...call.cost,
  settled: call.settled,
});

export function adminRoutes(world: World): Router {
  const router = Router();
  const find = (id: string): Call => {
    const call = world.calls.get(id);
    if (call === undefined) throw notFound('Call', id);
    return call;
  };

  router.get('/_emulator/books', (_request, response) => {
    response.json([...world.books.values()]);
  });

  router.get('/_emulator/deliveries', (_request, response) => {
    response.json(world.deliveries);
  });

  router.get('/_emulator/downloads', (_request, response) => {
    response.json(world.downloads);
  });

  router.get('/_emulator/switches', (_request, response) => {
    response.json(world.switches);
  });

  router.post('/_emulator/switches', (request, response) => {
    Object.assign(world.switches, parse(switchesSchema, request.body) as Partial<Switches>);
    response.json(world.switches);
  });

  router.post('/_emulator/orgs', (request, response) => {
    addOrg(world, parse(orgSchema, request.body) as unknown as EmulatorOrg);
    response.sendStatus(204);
  });

  router.post('/_emulator/assistants/:id/publish', (request, response) => {
    response.json(viewOf(world, publishDraft(world, request.params.id)));
  });

  router.post('/_emulator/calls', (request, response) => {
    const wish = parse(makeSchema, request.body);
    response
      .status(201)
      .json(truth(world, makeCall(world, { ...wish, costs: wish.costs as CostItem[] | undefined })));
  });

  router.post('/_emulator/phone-calls', async (request, response) => {
    response.status(201).json(await callIn(world, parse(incomingSchema, request.body)));
  });

  router.get('/_emulator/calls/:id', async (request, response) => {
    const call = find(request.params.id);
    const { waitFor } = parse(waitSchema, request.query);
    if (waitFor !== undefined)
      await until(world, () => reached[waitFor](call) || undefined, `call ${call.id} to be ${waitFor}`);
    response.json(truth(world, call));
  });

  router.post('/_emulator/calls/:id/end', (request, response) => {
    const call = find(request.params.id);
    const { endedReason = 'customer-ended-call', seconds, cost, costs } = parse(endSchema, request.body);
    endCall(
      world,
      call,
      endedReason,
      seconds === undefined ? undefined : { seconds, cost, costs: costs as CostItem[] | undefined },
    );
    response.json(truth(world, call));
  });

  router.post('/_emulator/calls/:id/upload', (request, response) => {
    const call = find(request.params.id);
    uploadRecordings(world, call);
    response.json(truth(world, call));
  });

  return router;
}
