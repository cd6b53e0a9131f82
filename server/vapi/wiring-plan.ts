/** What must change at an assistant so that its messages come to us, and where it sent them before. Pure. */
import type { AssistantWiring, ShownServer } from '../contract.ts';
import type { ForwardTarget } from '../store/forward-targets.ts';
import type { SavedAssistant, VapiServer } from './assistants.ts';
import { defaultServerMessages } from './message-kinds.ts';
import { webhookTokenHeader } from './webhook-auth.ts';

/** Our side of the wire. */
export interface OurServer {
  url: string;
  /** Null when Vapi signs with a credential instead of sending a token. */
  token: string | null;
  /** Null = the assistant keeps the one it has. */
  credentialId: string | null;
  isOurs: (server: VapiServer) => boolean;
}

export interface WiringPlan {
  server: VapiServer;
  serverMessages: string[];
  changed: boolean;
  /** Where the assistant sent before; null = nowhere, undefined = to us already. */
  target: ForwardTarget | null | undefined;
}

/** What the ledger needs. */
export const ourMessages = ['status-update', 'end-of-call-report'];

/** 4xx of ours are final; everything else (a restart, a lost connection) is worth another try. */
const ourBackoffPlan = {
  type: 'exponential',
  maxRetries: 3,
  baseDelaySeconds: 1,
  excludedStatusCodes: [400, 401, 403, 404, 409, 413, 422],
};
const defaultTimeoutSeconds = 20;

/** Of something that had no server of its own. */
export function serverOfOurs({ url, token, credentialId }: Omit<OurServer, 'isOurs'>): VapiServer {
  return {
    url,
    headers: token === null ? {} : { [webhookTokenHeader]: token },
    ...(credentialId ? { credentialId } : {}),
    timeoutSeconds: defaultTimeoutSeconds,
    backoffPlan: ourBackoffPlan,
  };
}

export function planWiring(assistant: SavedAssistant, ours: OurServer): WiringPlan {
  const before = assistant.server ?? {};
  const wasOurs = ours.isOurs(before);
  const target = wasOurs ? undefined : targetOf(before);
  const { headers: _headers, secret: _secret, ...kept } = before;
  const credentialId = ours.credentialId ?? before.credentialId;
  const server: VapiServer = {
    ...withoutNulls(kept),
    url: ours.url,
    // The old headers belong to the old server; they are sent with what is forwarded to it.
    headers: ours.token === null ? {} : { [webhookTokenHeader]: ours.token },
    ...(credentialId ? { credentialId } : {}),
    timeoutSeconds: before.timeoutSeconds ?? defaultTimeoutSeconds,
    backoffPlan:
      (before.backoffPlan?.maxRetries ?? 0) >= ourBackoffPlan.maxRetries && before.backoffPlan
        ? before.backoffPlan
        : ourBackoffPlan,
  };
  // A server that relied on Vapi's default list still gets it; without a server there is nothing to keep.
  const asked = assistant.serverMessages ?? (target ? defaultServerMessages : []);
  const serverMessages = [...asked, ...ourMessages.filter((type) => !asked.includes(type))];
  const changed = !isSame(before, server) || !isSame(assistant.serverMessages, serverMessages);
  return { server, serverMessages, changed, target };
}

/**
 * An assistant's original server, for giving it back; its credential never left Vapi.
 * @returns null when it had none
 */
export function restoredServer(current: VapiServer, target: ForwardTarget | null): VapiServer | null {
  if (target === null) return null;
  const { headers: _headers, secret: _secret, backoffPlan, ...kept } = withoutNulls(current);
  return {
    ...kept,
    url: target.url,
    headers: target.headers,
    timeoutSeconds: target.timeoutSeconds,
    // The retries are ours; a tool that books a table must not be called twice.
    ...(target.retried && backoffPlan ? { backoffPlan } : {}),
  };
}

/** Everything that Vapi added for the old server. Its credential stays with Vapi, which keeps using it. */
function targetOf(server: VapiServer): ForwardTarget | null {
  const url = URL.parse(server.url ?? '');
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  const headers = Object.entries(server.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    url: url.href,
    headers: {
      ...(server.secret ? { 'x-vapi-secret': server.secret } : {}),
      ...(Object.fromEntries(headers) as Record<string, string>),
    },
    timeoutSeconds: server.timeoutSeconds ?? defaultTimeoutSeconds,
    retried: (server.backoffPlan?.maxRetries ?? 0) > 0,
  };
}

/** @returns the fields in which Vapi differs from the plan, such as `server.url` */
export function differencesFrom(plan: WiringPlan, shown: SavedAssistant): string[] {
  const server = shown.server ?? {};
  const names = [...new Set([...Object.keys(plan.server), ...Object.keys(server)])].sort();
  const differing = names.filter((name) => !isSame(plan.server[name], server[name]));
  return [
    ...differing.map((name) => `server.${name}`),
    ...(isSame(plan.serverMessages, shown.serverMessages) ? [] : ['serverMessages']),
  ];
}

/** As an answer may show it: the values of headers are secrets. */
export function showWiring(
  assistant: SavedAssistant,
  plan: WiringPlan,
  forwardUrl: string | null,
): Omit<AssistantWiring, 'state' | 'problem' | 'differences'> {
  return {
    assistantId: assistant.id,
    name: assistant.name ?? null,
    changed: plan.changed,
    server: {
      before: assistant.server ? showServer(assistant.server) : null,
      after: showServer(plan.server),
    },
    serverMessages: { before: assistant.serverMessages ?? null, after: plan.serverMessages },
    forwardUrl,
  };
}

function showServer(server: VapiServer): ShownServer {
  return {
    url: server.url ?? null,
    headers: [...Object.keys(server.headers ?? {}), ...(server.secret ? ['x-vapi-secret'] : [])],
    credentialId: server.credentialId ?? null,
    timeoutSeconds: server.timeoutSeconds ?? null,
    backoffPlan: server.backoffPlan ?? null,
  };
}

function withoutNulls(server: VapiServer): VapiServer {
  return Object.fromEntries(Object.entries(server).filter(([, value]) => value != null));
}

/** Ignores the order of keys, and fields without a value. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a ?? null)) === JSON.stringify(sorted(b ?? null));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field != null);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, field]) => [name, sorted(field)]));
}
