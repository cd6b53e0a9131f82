/** A call's life: joined, left, ended, and what follows the end. */
import { whoAnswers } from './answering.ts';
import { newCall, promptOf, results } from './call.ts';
import { Conversation, callTime, linesOfCall } from './conversation.ts';
import { costItems, costItemsFor, summarize } from './cost.ts';
import { spokenIn, timelineOf } from './dialogue.ts';
import { Refusal } from './errors.ts';
import { sendToClient, sendToServer, statusUpdate } from './messages.ts';
import { upload } from './recordings.ts';
import { closeRoom } from './rooms.ts';
import { Errand, normalEnd, overConcurrency, scenarios } from './scenarios.ts';
import type { WebCallBody } from './shapes.ts';
import type { BookEntry, CallType, CostItem, EmulatorOrg, ScenarioName } from './types.ts';
import { type Call, changed, tick, type World } from './world.ts';

const conversations = new WeakMap<Call, Conversation>();

export const conversationOf = (call: Call): Conversation | undefined => conversations.get(call);

/** Seconds; the service's default is ten minutes. */
const maxSeconds = (call: Call): number => Number(call.assistant.maxDurationSeconds ?? 600);

/** `POST /call/web` after the key was accepted: the scenario's obstacles, then a queued call that waits to be joined. */
export async function createWebCall(world: World, org: EmulatorOrg, body: WebCallBody): Promise<Call> {
  await scenarios[whoAnswers(world, org, body).stored?.scenario ?? 'talks'].admit?.(world);
  const live = [...world.calls.values()].filter(
    (call) => call.orgId === org.orgId && call.status !== 'ended',
  );
  const { concurrencyLimit, joinTimeoutMs } = world.switches;
  if (concurrencyLimit > 0 && live.length >= concurrencyLimit) throw overConcurrency();
  const call = newCall(world, org, { body });
  world.log(`call ${call.id} created (${call.scenario})`);
  call.stops.push(
    world.timers.after(joinTimeoutMs, () => {
      if (call.status === 'queued') endCall(world, call, 'assistant-join-timed-out');
    }),
  );
  changed(world);
  return call;
}

/** The visitor is in the room: the clock starts. Coming back to a running call changes nothing. */
export function startCall(world: World, call: Call): void {
  if (call.status !== 'queued') return;
  call.status = 'in-progress';
  call.startedAt = tick(world);
  call.updatedAt = call.startedAt;
  world.log(`call ${call.id} in progress`);
  const conversation = new Conversation(world, call, (reason) => endCall(world, call, reason));
  conversations.set(call, conversation);
  const after = (seconds: number, reason: string) =>
    world.timers.after((seconds * 1000) / world.speed, () => endCall(world, call, reason));
  call.stops.push(() => conversation.stop(), after(maxSeconds(call), 'exceeded-max-duration'));
  const cut = scenarios[call.scenario].cutAfterSeconds;
  if (cut !== undefined) call.stops.push(after(cut, 'worker-shutdown'));
  const message = statusUpdate(world, call);
  sendToClient(world, call, message);
  void sendToServer(world, call, message);
  changed(world);
}

/** The visitor left. A room that is kept continues to cost until something ends the call. */
export function leaveCall(world: World, call: Call): void {
  if (call.deleteRoomOnLeave) endCall(world, call, 'customer-ended-call');
  else conversationOf(call)?.silenceVisitor(true);
}

/** How a call ends that was not run in real time: for tests and seeds. */
export interface SimulatedEnd {
  /** Length of the call; cut at its maximum. */
  seconds: number;
  /** US dollars, instead of the computed cost. */
  cost?: number | undefined;
  /** The items themselves, instead of the computed ones. */
  costs?: CostItem[] | undefined;
  /** False: no webhooks, and the API has the cost at once. */
  webhooks?: boolean | undefined;
}

/** Ends a call once; a second end changes nothing. */
export function endCall(world: World, call: Call, reason: string, simulated?: SimulatedEnd): void {
  if (call.status === 'ended') return;
  for (const stop of call.stops.splice(0)) stop();
  call.endedReason = reason;
  setTimes(world, call, simulated);
  call.status = 'ended';
  call.updatedAt = tick(world);
  const entry = book(world, call, simulated);
  sendToClient(world, call, statusUpdate(world, call));
  closeRoom(call);
  world.log(`call ${call.id} ended: ${call.endedReason}, ${entry.seconds} s, $${entry.cost}`);
  world.onCallEnded(entry);
  void followUp(world, call, simulated?.webhooks ?? true);
  changed(world);
}

/** Sets start and end; the length never exceeds the call's maximum. */
function setTimes(world: World, call: Call, simulated: SimulatedEnd | undefined): void {
  if (simulated !== undefined && simulated.seconds > 0) call.startedAt ??= call.createdAt;
  const { startedAt } = call;
  if (startedAt === undefined) {
    call.endedAt = Math.max(tick(world), call.createdAt);
    return;
  }
  const wanted = simulated === undefined ? (callTime(world, call) - startedAt) / 1000 : simulated.seconds;
  const most = maxSeconds(call);
  // A timer that fires a little late must not make the call longer than it may be.
  if (wanted >= most || call.endedReason === 'exceeded-max-duration') {
    call.endedReason = 'exceeded-max-duration';
    call.endedAt = startedAt + most * 1000;
  } else call.endedAt = startedAt + Math.round(wanted * 1000);
  if (simulated !== undefined)
    call.lines = timelineOf(linesOfCall(call), (call.endedAt - startedAt) / 1000).map((line) => ({
      ...line,
      from: Math.round(startedAt + line.from * 1000),
      to: Math.round(startedAt + line.to * 1000),
    }));
}

/** Computes the cost and enters the call into the emulator's own account. */
function book(world: World, call: Call, simulated: SimulatedEnd | undefined): BookEntry {
  const { startedAt, endedAt = call.createdAt } = call;
  const seconds = startedAt === undefined ? 0 : (endedAt - startedAt) / 1000;
  const field = (name: string) => call.assistant[name] as Record<string, unknown> | undefined;
  const basis = {
    type: call.type,
    seconds,
    spoken: spokenIn(call.lines, promptOf(call)),
    model: withoutMessages(field('model')),
    voice: field('voice'),
    transcriber: field('transcriber'),
  };
  const items =
    simulated?.costs ??
    (simulated?.cost === undefined ? costItems(basis) : costItemsFor(simulated.cost, basis));
  call.cost = summarize(items);
  const entry: BookEntry = {
    callId: call.id,
    orgId: call.orgId,
    assistantId: call.assistantId,
    type: call.type,
    seconds,
    endedReason: call.endedReason ?? '',
    createdAt: new Date(call.createdAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    ...call.cost,
  };
  world.books.set(call.id, entry);
  return entry;
}

const withoutMessages = (model: Record<string, unknown> | undefined): Record<string, unknown> | undefined =>
  model === undefined ? undefined : { provider: model.provider, model: model.model };

async function followUp(world: World, call: Call, webhooks: boolean): Promise<void> {
  const errand = new Errand(world, call);
  scheduleUpload(world, call, webhooks);
  if (webhooks) await (scenarios[call.scenario].afterEnd ?? normalEnd)(errand);
  else errand.showCost();
  call.settled = true;
  changed(world);
}

function scheduleUpload(world: World, call: Call, webhooks: boolean): void {
  const { uploadDelayMs } = world.switches;
  if (uploadDelayMs === 0) uploadRecordings(world, call, webhooks);
  else world.timers.after(uploadDelayMs, () => uploadRecordings(world, call, webhooks));
}

/** Puts the recordings into the bucket, once, and reports it. */
export function uploadRecordings(world: World, call: Call, webhooks = true): void {
  const message = upload(world, call);
  if (message === null || !webhooks) return;
  void sendToServer(world, call, { ...message, artifact: results(world, call).artifact });
}

/** A call without a browser: `POST /_emulator/calls`. */
export interface MadeCall extends SimulatedEnd {
  /** Of an assistant or a squad. */
  assistantId: string;
  type?: CallType | undefined;
  /** Default `customer-ended-call`. */
  endedReason?: string | undefined;
  /** ISO-8601; default now. */
  createdAt?: string | undefined;
  assistantOverrides?: WebCallBody['assistantOverrides'];
  scenario?: ScenarioName | undefined;
  /** True: the call stays in progress until something ends it. */
  live?: boolean | undefined;
  /** Where the endpoints of its recordings redirect to, instead of the emulator's own bucket. */
  recordingRedirect?: string | undefined;
}

/** Makes a call happen: finished at once with its simulated length, or left in progress when `live`. */
export function makeCall(world: World, wish: MadeCall): Call {
  const { assistantId: id, assistantOverrides: overrides } = wish;
  const squad = world.squads.get(id);
  const org = world.orgs.get((squad ?? world.assistants.get(id))?.orgId ?? '');
  if (org === undefined) throw new Refusal(404, `No org has an assistant or a squad ${id}`);
  const call = newCall(world, org, {
    body: squad
      ? { squadId: id, squadOverrides: overrides }
      : { assistantId: id, assistantOverrides: overrides },
    ...(wish.type === undefined ? {} : { type: wish.type }),
    createdAt: wish.createdAt === undefined ? undefined : Date.parse(wish.createdAt),
    scenario: wish.scenario,
  });
  call.recordingRedirect = wish.recordingRedirect;
  if (wish.live === true) {
    startCall(world, call);
    conversationOf(call)?.start();
  } else endCall(world, call, wish.endedReason ?? 'customer-ended-call', wish);
  changed(world);
  return call;
}
