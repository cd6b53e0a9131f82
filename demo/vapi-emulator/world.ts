/** Everything that the emulator knows while it runs, in memory. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Overrides } from './shapes.ts';
import { Timers } from './timers.ts';
import type {
  BookEntry,
  CallCost,
  CallType,
  Delivery,
  Download,
  EmulatorAssistant,
  EmulatorOptions,
  EmulatorOrg,
  EmulatorSquad,
  Json,
  PhoneLine,
  PhoneProvider,
  ScenarioName,
  ScriptLine,
  Switches,
  TokenRestrictions,
} from './types.ts';

export const defaultSwitches: Switches = {
  acceptPrivateKeyOnWebCall: false,
  reportDelayMs: 5_000,
  costLateMs: 10_000,
  costChangesMs: 60_000,
  uploadDelayMs: 0,
  presignedSeconds: 3_600,
  refusePresigned: false,
  failArtifactsWith: 0,
  slowMs: 4_000,
  joinTimeoutMs: 30_000,
  disconnectMs: 3_000,
  dropReports: false,
  concurrencyLimit: 0,
  failEverythingWith: 0,
  requestsPerMinute: 0,
  refuseTokensWith: 0,
  assistantEdits: 'in-place',
  newPhoneNumberStatus: 'active',
  chatPaymentRequired: false,
  loseAnswers: false,
  controlEndedReason: 'assistant-ended-call',
};

/** A saved assistant: `fields` are Vapi's, the rest is the emulator's. */
export interface StoredAssistant {
  id: string;
  orgId: string;
  createdAt: number;
  updatedAt: number;
  fields: Json;
  /** Published before `fields`, oldest first: the current version is one more than these. */
  earlier: { fields: Json; createdAt: number }[];
  /** When `fields` was published. */
  publishedAt: number;
  /** What would be published next, if someone has edited it. */
  draft: { id: string; fields: Json; createdAt: number; updatedAt: number } | undefined;
  scenario: ScenarioName;
  script: ScriptLine[] | undefined;
}

/** A key of an org. `given` keys came with the org; the others were made through the API. */
export interface StoredToken {
  id: string;
  orgId: string;
  createdAt: number;
  updatedAt: number;
  tag: 'private' | 'public';
  value: string;
  name: string | undefined;
  restrictions: TokenRestrictions | undefined;
  given: boolean;
}

export interface StoredSquad {
  id: string;
  orgId: string;
  createdAt: number;
  updatedAt: number;
  fields: Omit<EmulatorSquad, 'id'>;
}

export interface StoredPhoneNumber {
  id: string;
  orgId: string;
  createdAt: number;
  updatedAt: number;
  provider: PhoneProvider;
  fields: Json;
}

/** A finished line of the conversation, with its place in the call. */
export interface SpokenLine extends ScriptLine {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
}

export interface Call {
  id: string;
  orgId: string;
  type: CallType;
  /** Of a call by phone that came in through a number. */
  line: PhoneLine | undefined;
  /** None of its messages is sent. */
  isMute: boolean;
  assistantId: string | null;
  /** Which version of the saved assistant it uses; null while the org has no versions. */
  assistantVersion: string | null;
  /** The assistant with the overrides merged in: what webhooks show as `message.assistant`. */
  assistant: Json;
  overrides: Overrides;
  scenario: ScenarioName;
  script: ScriptLine[] | undefined;
  name: string | undefined;
  status: 'queued' | 'in-progress' | 'ended';
  createdAt: number;
  updatedAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  endedReason: string | undefined;
  /** `https://vapi.daily.co/<room>`: anyone who has it can join. */
  room: string;
  /** Anyone who has it can control and end the call. */
  controlToken: string;
  deleteRoomOnLeave: boolean;
  /** What `POST /call/web` answered; every webhook repeats it as it was. */
  snapshot: Json;
  lines: SpokenLine[];
  /** Whether its recordings are in the bucket. */
  uploaded: boolean;
  /** Where their endpoints redirect to, if a test has set it. */
  recordingRedirect: string | undefined;
  cost: CallCost | undefined;
  /** `GET /call/:id` does not show the cost until then. */
  costShown: boolean;
  /** Everything that follows the end has been sent. */
  settled: boolean;
  dataDeleted: boolean;
  /** Run once, at the end: cancels the timers and the conversation. */
  stops: (() => void)[];
}

export interface World {
  /** The emulator's own base URL, without a trailing slash. */
  url: string;
  /** The bucket's, on another port. */
  storageUrl: string;
  /** Signs addresses of the bucket. */
  storageKey: Buffer;
  speed: number;
  /** Epoch milliseconds. */
  now: () => number;
  switches: Switches;
  orgs: Map<string, EmulatorOrg>;
  tokens: Map<string, StoredToken>;
  /** Of each `Authorization`, the requests in its current minute and when that ends. */
  spent: Map<string, { requests: number; until: number }>;
  assistants: Map<string, StoredAssistant>;
  squads: Map<string, StoredSquad>;
  phoneNumbers: Map<string, StoredPhoneNumber>;
  calls: Map<string, Call>;
  /** Chats and sessions by id, as they are answered. */
  chats: Map<string, Json>;
  sessions: Map<string, Json>;
  books: Map<string, BookEntry>;
  deliveries: Delivery[];
  downloads: Download[];
  timers: Timers;
  /** Aborted on close: cuts webhooks that are on their way. */
  closing: AbortController;
  log: (line: string) => void;
  onCallEnded: (entry: BookEntry) => void;
  /** Creation times of things made in the same millisecond must differ, or time filters could not page. */
  lastTime: number;
  /** Run after every change of a call; code that waits for a condition listens here. */
  watchers: Set<() => void>;
}

/** More than any burst within one millisecond runs ahead of the clock. */
const setBackMs = 60_000;

export function createWorld(options: EmulatorOptions): World {
  const switches = { ...defaultSwitches };
  for (const name of Object.keys(switches) as (keyof Switches)[]) {
    const value = options[name];
    if (value !== undefined) Object.assign(switches, { [name]: value });
  }
  const world: World = {
    url: '',
    storageUrl: '',
    storageKey: randomBytes(32),
    speed: options.speed ?? 1,
    now: options.now ?? Date.now,
    switches,
    orgs: new Map(),
    tokens: new Map(),
    spent: new Map(),
    assistants: new Map(),
    squads: new Map(),
    phoneNumbers: new Map(),
    calls: new Map(),
    chats: new Map(),
    sessions: new Map(),
    books: new Map(),
    deliveries: [],
    downloads: [],
    timers: new Timers(),
    closing: new AbortController(),
    log: options.log ?? (() => {}),
    onCallEnded: options.onCallEnded ?? (() => {}),
    lastTime: 0,
    watchers: new Set(),
  };
  for (const org of options.orgs) addOrg(world, org);
  return world;
}

/** Milliseconds since the epoch, later than any earlier answer unless the clock itself was set back. */
export function tick(world: World): number {
  const now = world.now();
  const wasSetBack = now < world.lastTime - setBackMs;
  world.lastTime = wasSetBack ? now : Math.max(now, world.lastTime + 1);
  return world.lastTime;
}

/** Adds an org with its keys and assistants; one with the same id is replaced, except for what was made through the API. */
export function addOrg(world: World, org: EmulatorOrg): void {
  const { orgId } = org;
  world.orgs.set(orgId, org);
  for (const { id, orgId: owner, given } of [...world.tokens.values()])
    if (owner === orgId && given) world.tokens.delete(id);
  for (const value of org.privateKeys) addToken(world, { orgId, tag: 'private', value, given: true });
  for (const key of org.publicKeys) addToken(world, { orgId, tag: 'public', ...key, given: true });
  for (const assistant of org.assistants) addAssistant(world, orgId, assistant);
  for (const { id, ...fields } of org.squads ?? []) {
    const now = tick(world);
    world.squads.set(id, { id, orgId, createdAt: now, updatedAt: now, fields });
  }
  for (const phone of org.phoneNumbers ?? []) addPhoneNumber(world, orgId, { status: 'active', ...phone });
}

type NewToken = Pick<StoredToken, 'orgId' | 'tag' | 'value' | 'given'> &
  Partial<Pick<StoredToken, 'name' | 'restrictions'>>;

export function addToken(world: World, token: NewToken): StoredToken {
  const now = tick(world);
  const stored = {
    ...{ id: randomUUID(), name: undefined, restrictions: undefined },
    ...token,
    ...{ createdAt: now, updatedAt: now },
  };
  world.tokens.set(stored.id, stored);
  return stored;
}

/** Saves a phone number; an existing id is replaced. */
export function addPhoneNumber(
  world: World,
  orgId: string,
  phone: Json & { id?: string; provider: PhoneProvider },
): StoredPhoneNumber {
  const { id = randomUUID(), provider, ...fields } = phone;
  const now = tick(world);
  const stored = { id, orgId, createdAt: now, updatedAt: now, provider, fields };
  world.phoneNumbers.set(id, stored);
  return stored;
}

/** Saves an assistant; an existing id is replaced. */
export function addAssistant(
  world: World,
  orgId: string,
  assistant: Omit<EmulatorAssistant, 'id'> & { id?: string },
): StoredAssistant {
  const { id = randomUUID(), scenario, script, ...fields } = assistant;
  const now = tick(world);
  const stored: StoredAssistant = {
    id,
    orgId,
    createdAt: now,
    updatedAt: now,
    fields,
    earlier: [],
    publishedAt: now,
    draft: undefined,
    scenario: (scenario as ScenarioName | undefined) ?? 'talks',
    script: script as ScriptLine[] | undefined,
  };
  world.assistants.set(id, stored);
  return stored;
}

export const changed = (world: World): void => {
  for (const watcher of [...world.watchers]) watcher();
};

/** The default limit of a wait: a safety net, far beyond what a slow and busy machine needs. */
const netMs = 60_000;

/** Resolves as soon as `find` returns something; rejects after `timeoutMs`, if finite, with `what` in the message. */
export function until<T>(
  world: World,
  find: () => T | undefined,
  what: string,
  timeoutMs = netMs,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = find();
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const giveUp = () => {
      stop();
      reject(new Error(`waited ${timeoutMs} ms in vain for ${what}`));
    };
    const cancel = Number.isFinite(timeoutMs) ? world.timers.after(timeoutMs, giveUp) : () => {};
    const stop = () => {
      cancel();
      world.watchers.delete(look);
    };
    world.watchers.add(look);
    look();
  });
}
