/**
 * Sets everything up as an operator would: orgs and assistants at Vapi, tenants through the operator's API, wired
 * webhooks, and a month of calls whose reports arrive through the product's real webhook route.
 */
import { randomUUID } from 'node:crypto';
import type { KeyGrant, SessionAnswer } from '../server/contract.ts';
import { setBilling } from './billing.ts';
import { busyLine, type Client, clients, type Part, pausedTenant, shows, troubles } from './cast.ts';
import type { OperatorApi } from './operator-api.ts';
import { Random } from './random.ts';
import type { Emulator, EmulatorOrg } from './vapi-emulator/emulator.ts';

/** Any number but 0; every run of the demo has the same past. */
const seed = 20_260_901;
/** Of the past calls. */
const reportsAtOnce = 6;
const dayMs = 24 * 60 * 60 * 1000;

export interface Stage {
  server: string;
  emulator: Emulator;
  operator: OperatorApi;
  /** Origins of the client site. */
  origins: string[];
  pastCalls: boolean;
  /** Whether the tenants for failures wait for `openTroubles`. */
  troublesLater: boolean;
  /** Epoch milliseconds; the past ends the day before. */
  now: number;
  /** Throws when the start has been cancelled. */
  goOn: () => void;
}

/** The result of the setup. */
export interface Scenery {
  /** How many past calls were generated. */
  pastCalls: number;
  /** Each tenant's org at the emulator, keys included, by slug: no browser may see it. */
  orgs: Map<string, EmulatorOrg>;
  /** Creates the tenants for failures, once. */
  openTroubles(): Promise<void>;
}

export async function setStage(stage: Stage): Promise<Scenery> {
  const assistants = new Map<string, string>();
  const orgs = new Map<string, EmulatorOrg>();
  const enter = async (part: Part, org: EmulatorOrg) => {
    stage.goOn();
    orgs.set(part.slug, org);
    assistants.set(part.slug, await engage(stage, part, org));
  };
  for (const part of [...clients, ...shows]) await enter(part, newOrg(stage, [part]));
  let troublesOpen: Promise<void> | null = null;
  const openTroubles = () => {
    troublesOpen ??= (async () => {
      const org = newOrg(stage, troubles);
      for (const part of troubles) await enter(part, org);
      await takeLine(stage, busyLine);
      await stage.operator.pause(pausedTenant);
    })();
    return troublesOpen;
  };
  if (!stage.troublesLater) await openTroubles();
  if (!stage.pastCalls) return { orgs, pastCalls: 0, openTroubles };
  const pastCalls = await makePast(stage, assistants);
  await setBilling(stage.operator, stage.now);
  return { orgs, pastCalls, openTroubles };
}

/** An org at Vapi with an assistant for each part, in their order. */
function newOrg({ emulator, origins }: Stage, parts: Part[]): EmulatorOrg {
  const assistants = parts.map((part) => ({
    id: randomUUID(),
    name: part.name.slice(0, 40),
    firstMessage: part.firstMessage,
    model: {
      provider: 'openai',
      model: 'gpt-4o-mini',
      messages: [{ role: 'system', content: `You answer the phone of ${part.name}. Be brief and kind.` }],
    },
    voice: { provider: 'vapi', voiceId: 'Elliot' },
    transcriber: { provider: 'deepgram', model: 'nova-2', language: 'en' },
    // Without conversation-update, which would show the prompt to a visitor's browser.
    clientMessages: [
      ...['transcript', 'speech-update', 'status-update', 'hang', 'user-interrupted'],
      ...(part.wishes?.pageTools ? ['tool-calls'] : []),
    ],
    scenario: part.scenario,
    ...(part.script ? { script: part.script } : {}),
  }));
  const org: EmulatorOrg = {
    orgId: randomUUID(),
    privateKeys: [randomUUID()],
    publicKeys: [
      {
        value: randomUUID(),
        restrictions: { allowedOrigins: origins, allowedAssistantIds: assistants.map(({ id }) => id) },
      },
    ],
    assistants,
  };
  emulator.addOrg(org);
  return org;
}

/** Creates the tenant and wires its assistant. @returns the assistant's id */
async function engage(stage: Stage, part: Part, org: EmulatorOrg): Promise<string> {
  const assistant = org.assistants.find(({ name }) => name === part.name.slice(0, 40));
  const [privateKey] = org.privateKeys;
  const [publicKey] = org.publicKeys;
  if (!assistant || !privateKey || !publicKey) throw new Error(`the org of ${part.slug} is incomplete`);
  await stage.operator.createTenant({
    slug: part.slug,
    name: part.name,
    orgId: org.orgId,
    privateKey,
    ...(part.accessMode === 'public-key' ? { publicKey: publicKey.value } : {}),
    assistantId: assistant.id,
    accessMode: part.accessMode,
    allowedOrigins: stage.origins,
    modes: ['voice', 'chat', 'hybrid'],
    appearance: { accentColor: part.accentColor },
    ...(part.limits ? { limits: part.limits } : {}),
    ...part.wishes,
  });
  await stage.operator.wire(part.slug);
  return assistant.id;
}

/**
 * Takes a tenant's only line as a browser with a scoped key does. The call is in progress until its maximum length: a
 * line without a call would be released after a minute or two.
 */
export async function takeLine(
  { server, emulator, origins }: Pick<Stage, 'server' | 'emulator' | 'origins'>,
  slug: string,
): Promise<void> {
  const post = async <Answer>(path: string, body: object) => {
    const response = await fetch(`${server}/v1/${path}`, {
      method: 'POST',
      headers: { origin: origins[0] ?? '', 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const { session } = await post<SessionAnswer>('sessions', { tenant: slug });
  const { assistantId, assistantOverrides } = await post<KeyGrant>('calls', { session });
  emulator.makeCall({ assistantId, assistantOverrides, seconds: 0, live: true });
}

/** Finished calls of the last thirty days, most on weekdays and in opening hours. */
async function makePast(stage: Stage, assistants: Map<string, string>): Promise<number> {
  const random = new Random(seed);
  const today = Math.floor(stage.now / dayMs) * dayMs;
  const wishes = clients.flatMap((client) =>
    Array.from({ length: client.pastCalls }, () => ({
      assistantId: assistants.get(client.slug) ?? '',
      ...pastCall(random, client, today),
    })),
  );
  // A few at a time: on a slow machine, the last of hundreds of reports would otherwise exceed a webhook's timeout.
  for (let next = 0; next < wishes.length; next += reportsAtOnce) {
    stage.goOn();
    const made = wishes.slice(next, next + reportsAtOnce).map((wish) => stage.emulator.makeCall(wish));
    await Promise.all(made.map(({ id }) => stage.emulator.waitForCall(id, 'settled', Infinity)));
  }
  const lost = stage.emulator.deliveries().filter(({ answer }) => answer !== 200);
  if (lost.length > 0) throw new Error(`${lost.length} reports of past calls were refused or not answered`);
  return wishes.length;
}

function pastCall(random: Random, client: Client, today: number) {
  let day = today - random.between(1, 30) * dayMs;
  // A call on a Sunday is rare: it moves to the day before, which is still in the past.
  if (new Date(day).getUTCDay() === 0 && random.next() < 0.8) day -= dayMs;
  const minuteOfDay = random.between(8 * 60, 18 * 60 - 1);
  const createdAt = new Date(day + minuteOfDay * 60_000 + random.between(0, 59_999)).toISOString();
  const isShort = random.next() < 0.15;
  const seconds = isShort
    ? random.between(4, 15)
    : random.between(25, client.slug === 'acme' ? 150 : 240) + random.between(0, 999) / 1000;
  const endedReason = random.next() < 0.7 ? 'customer-ended-call' : 'assistant-ended-call';
  return { createdAt, seconds, endedReason };
}
