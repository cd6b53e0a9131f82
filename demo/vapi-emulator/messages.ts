/** Builds server and client messages and sends each to its addressee (vapi-facts 3.2-3.4, 9). */
import { results } from './call.ts';
import { sendToRoom } from './rooms.ts';
import { publishTraffic } from './traffic.ts';
import type { Json } from './types.ts';
import { deliver } from './webhooks.ts';
import type { Call, World } from './world.ts';

const defaultServerMessages = [
  'conversation-update',
  'end-of-call-report',
  'function-call',
  'hang',
  'speech-update',
  'status-update',
  'tool-calls',
  'transfer-destination-request',
  'handoff-destination-request',
  'user-interrupted',
  'assistant.started',
];
const defaultClientMessages = [
  'conversation-update',
  'function-call',
  'hang',
  'model-output',
  'speech-update',
  'status-update',
  'transfer-update',
  'transcript',
  'tool-calls',
  'user-interrupted',
  'voice-input',
  'workflow.node.started',
  'assistant.started',
];

/** A final transcript can be requested alone. */
const namesOf = (message: Json): string[] =>
  message.transcriptType === 'final'
    ? ['transcript', 'transcript[transcriptType="final"]']
    : [String(message.type)];

const wanted = (list: unknown, fallback: string[], message: Json): boolean =>
  namesOf(message).some((name) => ((list as string[] | undefined) ?? fallback).includes(name));

const phoneNumberOf = ({ snapshot, orgId, line }: Call): Json =>
  line?.number ?? {
    ...{ id: snapshot.phoneNumberId, orgId, number: '+15550199' },
    ...{ provider: 'twilio', twilioAccountSid: 'AC00000000000000000000000000000000' },
  };

/** To the call's webhook, if the assistant requested this type; `message.call` is the creation snapshot. */
export async function sendToServer(world: World, call: Call, message: Json): Promise<void> {
  if (call.isMute || !wanted(call.assistant.serverMessages, defaultServerMessages, message)) return;
  const phone =
    call.type === 'webCall' ? {} : { phoneNumber: phoneNumberOf(call), customer: call.snapshot.customer };
  await deliver(world, call, {
    timestamp: world.now(),
    ...message,
    ...phone,
    call: call.snapshot,
    assistantVersion: call.assistantVersion,
    assistant: call.assistant,
  });
}

/** To the browser, as a JSON string in an app-message, if `clientMessages` has this type. */
export function sendToClient(world: World, call: Call, message: Json): void {
  if (!wanted(call.assistant.clientMessages, defaultClientMessages, message)) return;
  const body = { timestamp: world.now(), ...message };
  publishTraffic({ kind: 'to the page', body });
  sendToRoom(call, { kind: 'app-message', data: JSON.stringify(body) });
}

/** To both. The webhook is on its way when this returns; its outcome is in the deliveries. */
export function tell(world: World, call: Call, message: Json): void {
  sendToClient(world, call, message);
  void sendToServer(world, call, message);
}

export const statusUpdate = (world: World, call: Call): Json => ({
  type: 'status-update',
  status: call.status,
  ...(call.endedReason === undefined ? {} : { endedReason: call.endedReason }),
  artifact: results(world, call).artifact,
});

/** The report; with `cost: false` as it sometimes is sent: before the cost is known. */
export function endOfCallReport(world: World, call: Call, { cost = true } = {}): Json {
  const { startedAt, endedAt = call.createdAt } = call;
  const content = results(world, call);
  const durationMs = startedAt === undefined ? 0 : endedAt - startedAt;
  return {
    type: 'end-of-call-report',
    endedReason: call.endedReason,
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
    endedAt: new Date(endedAt).toISOString(),
    durationMs,
    durationSeconds: durationMs / 1000,
    durationMinutes: Math.round(durationMs / 6) / 10_000,
    ...(cost ? call.cost : {}),
    ...content,
    transcript: (content.artifact as Json).transcript,
    summary: (content.analysis as Json).summary,
  };
}
