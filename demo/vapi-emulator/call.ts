/** A call's record and its two faces: the creation snapshot and what `GET /call/:id` shows (vapi-facts 2.1, 4.1). */
import { randomBytes, randomUUID } from 'node:crypto';
import { Refusal } from './errors.ts';
import { recordingFields } from './recordings.ts';
import type { WebCallBody } from './shapes.ts';
import type { CallType, EmulatorOrg, Json, ScenarioName } from './types.ts';
import { usedVersion } from './versions.ts';
import { type Call, type StoredAssistant, tick, type World } from './world.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** Letters and digits as in the names of Daily's rooms. */
function randomName(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let name = '';
  while (name.length < length) {
    for (const byte of randomBytes(length)) if (byte < 248) name += alphabet[byte % 62];
  }
  return name.slice(0, length);
}

export const roomUrl = (call: Call): string => `https://vapi.daily.co/${call.room}`;

function findAssistant(world: World, org: EmulatorOrg, id: string): StoredAssistant {
  const stored = world.assistants.get(id);
  if (stored === undefined || stored.orgId !== org.orgId)
    throw new Refusal(
      404,
      `Couldn't get assistant ${id}. It doesn't exist or belongs to another organization.`,
    );
  return stored;
}

export interface NewCall {
  type?: CallType;
  body: WebCallBody;
  /** Milliseconds since the epoch; default now. */
  createdAt?: number | undefined;
  scenario?: ScenarioName | undefined;
}

/** The scenario of the assistant that a body names; a transient assistant just talks. */
export function scenarioOf(world: World, org: EmulatorOrg, body: WebCallBody): ScenarioName {
  return body.assistantId === undefined ? 'talks' : findAssistant(world, org, body.assistantId).scenario;
}

/** Registers a queued call. Throws 400 without an assistant, 404 for one that is not the org's. */
export function newCall(world: World, org: EmulatorOrg, wish: NewCall): Call {
  const { body } = wish;
  if ((body.assistantId ?? body.assistant) === undefined)
    throw new Refusal(400, 'Need either `assistantId`, `assistant`, `squadId`, or `squad`.');
  const stored = body.assistantId === undefined ? undefined : findAssistant(world, org, body.assistantId);
  const used = usedVersion(world, stored, body.assistantVersion ?? null);
  const overrides = body.assistantOverrides ?? {};
  const createdAt = wish.createdAt ?? tick(world);
  const assistant: Json = {
    ...(stored === undefined ? {} : { id: stored.id, orgId: org.orgId }),
    ...(used?.fields ?? body.assistant),
    ...overrides,
  };
  const call: Call = {
    id: randomUUID(),
    orgId: org.orgId,
    type: wish.type ?? 'webCall',
    assistantId: stored?.id ?? null,
    assistantVersion: used?.version ?? null,
    assistant,
    overrides,
    scenario: wish.scenario ?? stored?.scenario ?? 'talks',
    script: stored?.script,
    name: undefined,
    status: 'queued',
    createdAt,
    updatedAt: createdAt,
    startedAt: undefined,
    endedAt: undefined,
    endedReason: undefined,
    room: randomName(20),
    controlToken: randomName(32),
    deleteRoomOnLeave: body.roomDeleteOnUserLeaveEnabled ?? true,
    snapshot: {},
    lines: [],
    uploaded: false,
    recordingRedirect: undefined,
    cost: undefined,
    costShown: false,
    settled: false,
    dataDeleted: false,
    stops: [],
  };
  call.snapshot = creationSnapshot(world, call, body);
  world.calls.set(call.id, call);
  return call;
}

const phoneFields = (call: Call): Json =>
  call.type === 'webCall'
    ? {}
    : {
        phoneNumberId: '99999999-aaaa-4bbb-8ccc-dddddddddddd',
        phoneCallProvider: 'twilio',
        customer: { number: '+15550100' },
      };

/** The body of the 201, frozen in time: status `queued`, no cost, no start. */
function creationSnapshot(world: World, call: Call, body: WebCallBody): Json {
  const plan = call.assistant.monitorPlan as
    | { listenEnabled?: boolean; controlEnabled?: boolean }
    | undefined;
  const base = `${world.url}/_worker/${call.id}/${call.controlToken}`;
  const web = call.type === 'webCall';
  return structuredClone({
    id: call.id,
    orgId: call.orgId,
    createdAt: iso(call.createdAt),
    updatedAt: iso(call.createdAt),
    type: call.type,
    status: 'queued',
    ...(call.assistantId === null ? { assistant: body.assistant } : { assistantId: call.assistantId }),
    ...(body.assistantVersion == null ? {} : { assistantVersion: body.assistantVersion }),
    ...(body.assistantOverrides === undefined ? {} : { assistantOverrides: body.assistantOverrides }),
    monitor: {
      ...(plan?.listenEnabled === false ? {} : { listenUrl: `${base.replace(/^http/, 'ws')}/listen` }),
      ...(plan?.controlEnabled === false ? {} : { controlUrl: `${base}/control` }),
    },
    transport: web
      ? { provider: 'daily', assistantVideoEnabled: false, callUrl: roomUrl(call) }
      : { provider: 'twilio' },
    ...(web ? { webCallUrl: roomUrl(call) } : phoneFields(call)),
  });
}

/** The whole creation answer; `artifactPlan` is shown here and nowhere else. */
export const creationAnswer = (call: Call): Json => {
  const artifactPlan = call.assistant.artifactPlan;
  return artifactPlan === undefined ? call.snapshot : { ...call.snapshot, artifactPlan };
};

/** `GET /call/:id`: the present state, with the cost once it is out. */
export function currentView(world: World, call: Call): Json {
  const ended = call.status === 'ended';
  return {
    ...call.snapshot,
    ...(call.name === undefined ? {} : { name: call.name }),
    status: call.status,
    updatedAt: iso(call.updatedAt),
    ...(call.startedAt === undefined ? {} : { startedAt: iso(call.startedAt) }),
    ...(call.endedAt === undefined ? {} : { endedAt: iso(call.endedAt) }),
    ...(call.endedReason === undefined ? {} : { endedReason: call.endedReason }),
    ...(ended && call.costShown ? { ...call.cost, ...results(world, call) } : {}),
  };
}

/** What was said, in the shapes of reports and `GET /call/:id`. */
export function results(world: World, call: Call): Json {
  const transcript = call.lines
    .map(({ who, text }) => `${who === 'assistant' ? 'AI' : 'User'}: ${text}\n`)
    .join('');
  const summary =
    call.lines.length < 2 ? 'The visitor said nothing.' : `The visitor asked: ${firstQuestion(call)}`;
  const messages = messagesOf(call);
  return {
    messages,
    transcript,
    summary,
    analysis: { summary, successEvaluation: String(call.lines.length > 2) },
    artifact: {
      messages,
      messagesOpenAIFormatted: openAiMessages(call),
      transcript,
      ...recordingFields(world, call),
      nodes: [],
      variables: {},
    },
  };
}

const firstQuestion = (call: Call): string =>
  call.lines.find(({ who }) => who === 'visitor')?.text ?? 'nothing';

const systemPrompt = (call: Call): string => {
  const model = call.assistant.model as { messages?: { role?: string; content?: string }[] } | undefined;
  return model?.messages?.find(({ role }) => role === 'system')?.content ?? 'You are a helpful assistant.';
};

/** Vapi's own form: roles `system`, `bot`, `user`; times in epoch milliseconds. */
export function messagesOf(call: Call): Json[] {
  const start = call.startedAt ?? call.createdAt;
  return [
    { role: 'system', message: systemPrompt(call), time: start, secondsFromStart: 0 },
    ...call.lines.map((line) => ({
      role: line.who === 'assistant' ? 'bot' : 'user',
      message: line.text,
      time: line.from,
      endTime: line.to,
      secondsFromStart: (line.from - start) / 1000,
      duration: line.to - line.from,
      ...(line.who === 'assistant' ? { source: '' } : {}),
    })),
  ];
}

/** OpenAI's form; like the real one it shows the system prompt. */
export const openAiMessages = (call: Call): Json[] => [
  { role: 'system', content: systemPrompt(call) },
  ...call.lines.map(({ who, text }) => ({ role: who === 'assistant' ? 'assistant' : 'user', content: text })),
];

export const promptOf = systemPrompt;
