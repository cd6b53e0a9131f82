/**
 * Calls that come in by phone: to a number with an assistant or a squad, or to one whose server is asked who answers
 * (vapi-facts 13.5). Nothing is heard; what would be spoken, or where the call would go, is recorded.
 */
import { randomUUID } from 'node:crypto';
import { newCall, phoneFieldsOf } from './call.ts';
import { Refusal } from './errors.ts';
import { conversationOf, endCall, startCall } from './lifecycle.ts';
import type { WebCallBody } from './shapes.ts';
import { publishTraffic } from './traffic.ts';
import type { Delivery, EmulatorOrg, Json, PhoneLine, WebhookServer } from './types.ts';
import { post } from './webhooks.ts';
import { type Call, changed, tick, type World } from './world.ts';

/** All that the service gives a server to answer. */
const answerLimitMs = 7_500;

export interface IncomingCall {
  phoneNumberId: string;
  /** E.164; left out: withheld. */
  from?: string | undefined;
  /** Ends after that long, at once; left out: it continues until something ends it. */
  seconds?: number | undefined;
  /** US dollars, instead of the computed cost. */
  cost?: number | undefined;
  /** The id of a call, to repeat its request; left out: a new one. */
  id?: string | undefined;
  /** False: its messages are lost, the request excepted. */
  webhooks?: boolean | undefined;
}

/** What the caller met. */
export interface PhoneOutcome {
  callId: string;
  /** `fallback`: the number's own destination, because its server did not answer. `failed`: nothing. */
  met: 'assistant' | 'sentence' | 'transfer' | 'fallback' | 'failed';
  /** The sentence, or where the call went. */
  said?: string | undefined;
  destination?: string | undefined;
  /** How long its server needed, in milliseconds; undefined when none was asked. */
  askedMs?: number | undefined;
}

/** Rings, asks if the number has no one who answers, and begins or ends. */
export async function callIn(world: World, wish: IncomingCall): Promise<PhoneOutcome> {
  const number = world.phoneNumbers.get(wish.phoneNumberId);
  const org = number && world.orgs.get(number.orgId);
  if (!number || !org) throw new Refusal(404, `No org has a phone number ${wish.phoneNumberId}`);
  const { fields } = number;
  if (fields.status !== 'active') throw new Refusal(400, `The number is ${String(fields.status)}`);
  const server = fields.server as WebhookServer | undefined;
  const id = wish.id ?? randomUUID();
  const line: PhoneLine = {
    numberId: number.id,
    number: { id: number.id, orgId: org.orgId, provider: number.provider, ...fields },
    from: wish.from,
    server,
  };
  const own = { assistantId: fields.assistantId, squadId: fields.squadId } as WebCallBody;
  if (own.assistantId || own.squadId) return begin(world, org, line, { id, wish, body: own });
  if (server?.url === undefined) return fail(world, org, line, { id, wish });
  const began = performance.now();
  const answer = await ask(world, org, line, server, id);
  const asked = { id, wish, askedMs: performance.now() - began };
  if (answer === null) return fail(world, org, line, asked);
  if (typeof answer.error === 'string')
    return over(world, org, line, asked, 'assistant-request-returned-error', {
      ...{ met: 'sentence', said: answer.error },
    });
  const destination = answer.destination as Json | undefined;
  if (destination)
    return over(world, org, line, asked, 'assistant-request-returned-forwarding-phone-number', {
      ...{ met: 'transfer', destination: String(destination.number ?? destination.sipUri) },
    });
  try {
    return begin(world, org, line, { ...asked, body: answer as WebCallBody });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return fail(world, org, line, asked, 'assistant-request-returned-invalid-assistant');
  }
}

interface Asked {
  id: string;
  wish: IncomingCall;
  askedMs?: number | undefined;
}

/** @returns null when there was no usable answer in time */
async function ask(
  world: World,
  org: EmulatorOrg,
  line: PhoneLine,
  server: WebhookServer,
  id: string,
): Promise<Json | null> {
  const now = new Date(tick(world)).toISOString();
  const call = {
    ...{ id, orgId: org.orgId, type: 'inboundPhoneCall', status: 'ringing', createdAt: now, updatedAt: now },
    ...phoneFieldsOf(line),
  };
  const { number } = line;
  const { customer } = phoneFieldsOf(line);
  const message = {
    ...{ type: 'assistant-request', timestamp: world.now(), call, phoneNumber: number },
    ...(customer === undefined ? {} : { customer }),
  };
  publishTraffic({ kind: 'webhook', body: { message } });
  const limitMs = Math.min((server.timeoutSeconds ?? 20) * 1000, answerLimitMs);
  const answer = await post(world, org.orgId, server, JSON.stringify({ message }), limitMs);
  const delivery: Delivery = {
    ...{ callId: id, type: message.type, url: server.url ?? '', attempt: 1, answer: answer?.status ?? null },
  };
  world.deliveries.push(delivery);
  world.log(`asked who answers call ${id}: ${answer?.status ?? 'no answer'}`);
  changed(world);
  if (answer === null || answer.status !== 200) return null;
  try {
    const body = JSON.parse(answer.text) as Json;
    publishTraffic({ kind: 'answer to a webhook', body });
    return body;
  } catch {
    return null;
  }
}

function begin(
  world: World,
  org: EmulatorOrg,
  line: PhoneLine,
  { id, wish, body, askedMs }: Asked & { body: WebCallBody },
): PhoneOutcome {
  const call = newCall(world, org, { type: 'inboundPhoneCall', id, line, body });
  call.isMute = wish.webhooks === false;
  startCall(world, call);
  if (wish.seconds === undefined) conversationOf(call)?.start();
  else hangUp(world, call, wish);
  return { callId: id, met: 'assistant', askedMs };
}

function hangUp(world: World, call: Call, { seconds = 0, cost, webhooks }: IncomingCall): void {
  endCall(world, call, 'customer-ended-call', { seconds, cost, webhooks });
}

/** The number's own destination takes the call, if it has one. */
function fail(
  world: World,
  org: EmulatorOrg,
  line: PhoneLine,
  asked: Asked,
  reason = 'assistant-request-failed',
): PhoneOutcome {
  const destination = line.number.fallbackDestination as Json | undefined;
  if (!destination) return over(world, org, line, asked, reason, { met: 'failed' });
  const to = String(destination.number ?? destination.sipUri);
  return over(world, org, line, asked, reason, { met: 'fallback', destination: to });
}

/** A call that no assistant has had: it ends without a cost, unless the script gives one. */
function over(
  world: World,
  org: EmulatorOrg,
  line: PhoneLine,
  { id, wish, askedMs }: Asked,
  reason: string,
  outcome: Omit<PhoneOutcome, 'callId'>,
): PhoneOutcome {
  const call = newCall(world, org, { type: 'inboundPhoneCall', id, line, body: { assistant: {} } });
  delete call.snapshot.assistant;
  const { cost = 0, webhooks } = wish;
  endCall(world, call, reason, { seconds: 0, cost, webhooks });
  return { callId: id, ...outcome, askedMs };
}
