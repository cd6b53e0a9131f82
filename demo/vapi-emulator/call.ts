/** A call's record and its two faces: the creation snapshot and what `GET /call/:id` shows (vapi-facts 2.1, 4.1). */
import { randomBytes, randomUUID } from 'node:crypto';
import { whoAnswers } from './answering.ts';
import { recordingFields } from './recordings.ts';
import type { WebCallBody } from './shapes.ts';
import type { CallType, EmulatorOrg, Json, PhoneLine, ScenarioName } from './types.ts';
import { type Call, tick, type World } from './world.ts';

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

export interface NewCall {
  type?: CallType;
  /** Default: a new one. */
  id?: string;
  line?: PhoneLine;
  body: WebCallBody;
  /** Milliseconds since the epoch; default now. */
  createdAt?: number | undefined;
  scenario?: ScenarioName | undefined;
}

/** Registers a queued call. Throws 400 when it names no assistant, 404 for what is not the org's. */
export function newCall(world: World, org: EmulatorOrg, wish: NewCall): Call {
  const { body } = wish;
  const { stored, direct, version, assistant, overrides } = whoAnswers(world, org, body);
  const createdAt = wish.createdAt ?? tick(world);
  const call: Call = {
    id: wish.id ?? randomUUID(),
    orgId: org.orgId,
    line: wish.line,
    isMute: false,
    type: wish.type ?? 'webCall',
    assistantId: direct ? (stored?.id ?? null) : null,
    assistantVersion: version,
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

/** What a call says of its line. */
export const phoneFieldsOf = ({ numberId, number, from }: PhoneLine): Json => ({
  phoneNumberId: numberId,
  phoneCallProvider: number.provider === 'byo-phone-number' ? 'vapi' : number.provider,
  ...(from === undefined ? {} : { customer: { number: from } }),
});

const phoneFields = (call: Call): Json =>
  call.type === 'webCall'
    ? {}
    : call.line
      ? phoneFieldsOf(call.line)
      : {
          phoneNumberId: '99999999-aaaa-4bbb-8ccc-dddddddddddd',
          phoneCallProvider: 'twilio',
          customer: { number: '+15550100' },
        };

const echoed = [
  'assistantId',
  'assistant',
  'assistantVersion',
  'assistantOverrides',
  'squadId',
  'squad',
  'squadOverrides',
] as const;

/** What a call repeats from the body of its request. */
const namedBy = (body: WebCallBody): Json =>
  Object.fromEntries(echoed.flatMap((field) => (body[field] == null ? [] : [[field, body[field]]])));

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
    ...namedBy(body),
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

/** The whole creation answer; `artifactPlan` is shown only here. */
export const creationAnswer = (call: Call): Json => {
  const artifactPlan = call.assistant.artifactPlan;
  return artifactPlan === undefined ? call.snapshot : { ...call.snapshot, artifactPlan };
};

/** `GET /call/:id`: the current state, with the cost once it is public. */
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
