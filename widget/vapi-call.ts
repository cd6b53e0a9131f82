/**
 * The only file that knows Vapi's browser SDK: joins one call and turns what the SDK emits into {@link CallListener}.
 * A chunk of its own, loaded on intent beside the panel's, of which it needs nothing.
 */
import sdk from '@vapi-ai/web';
import type { Grant } from '../server/contract.ts';
import type { Speaker } from './call-state.ts';
import type { Failure, FailureCode } from './failure.ts';
import { Hearing } from './hearing.ts';
import type { Sound } from './sound.ts';
import type { Line, Piece } from './transcript.ts';
import { repair } from './transcript-repair.ts';
import { keepAwake } from './wake-lock.ts';

// The package is CommonJS: its class is the default export or a property of it, depending on who bundles it.
type VapiClass = typeof sdk extends { default: infer Class } ? Class : typeof sdk;
const Vapi = ((sdk as { default?: unknown }).default ?? sdk) as VapiClass;

/** What a call tells; `ended` comes exactly once and last. */
export interface CallListener {
  identified(callId: string): void;
  live(): void;
  piece(piece: Piece): void;
  speech(role: Speaker, speaking: boolean): void;
  /** The assistant has told what it knows of the conversation; `mend` puts that into the lines of the call. */
  conversation(mend: (lines: readonly Line[]) => readonly Line[]): void;
  /** How loud somebody is, 0 to 1. */
  volume(role: Speaker, level: number): void;
  /** Whether the visitor should be told that nothing is heard. */
  unheard(unheard: boolean): void;
  network(quality: 'good' | 'weak' | 'lost'): void;
  /** The browser wants a touch before it plays; `play` is to be called from one. */
  soundBlocked(play: () => Promise<void>): void;
  /** `failure` is null after a normal end, whoever hung up. */
  ended(reason: string | null, failure: Failure | null): void;
}

export interface ActiveCall {
  /** Has an effect once the call is live. */
  setMuted(muted: boolean): void;
  /** Likewise. */
  setSound(sound: Sound): void;
  /** Adds the visitor's typed words to the conversation; false when they are longer than the room's messages may be. */
  send(text: string): boolean;
  /** Hangs up, also in the middle of joining. */
  end(): void;
  /** Goes without a word: the call goes on, and nothing is told any more. */
  leave(): void;
  /** Settles when everything of the call is torn down, so that the page may start another one. */
  readonly closed: Promise<void>;
}

/** Characters; the room refuses longer messages. */
const messageLimit = 4096;
/** The level that counts as 1; the SDK measures the assistant with the same yardstick. */
const fullVolume = 0.15;
/** Of the daily-js inside the SDK: it loads the machine of its own release. */
const dailyVersion = '0.87.0';
const machinePath = `c.daily.co/call-machine/versioned/${dailyVersion}/static/call-machine-object-bundle.js`;
/** A join that was given up may never settle; nobody waits longer for it. */
const giveUpMs = 5000;

/**
 * Fetches what daily-js will load once there is a room, while the call is being asked for. Only after the click: it is
 * the first request to Daily. Should daily-js want another file, this one was for nothing and nothing breaks.
 */
export function fetchCallMachine(proxyUrl: string | undefined): void {
  const host = proxyUrl ? `${proxyUrl.replace(/\/$/, '')}/` : 'https://';
  const link = document.createElement('link');
  link.rel = 'preload';
  link.as = 'script';
  link.href = host + machinePath;
  // Where a nonce admits scripts, it has to admit this, too.
  link.nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';
  link.onload = link.onerror = () => link.remove();
  document.head.append(link);
}

/**
 * Daily gives its script's address as plain text, which Trusted Types forbid.
 * @throws {Error & {failure: Failure}} `misconfigured`, before a call is asked for that could not be joined
 */
export function checkPolicy(): void {
  try {
    document.createElement('script').src = '#';
  } catch {
    const text =
      "the page's require-trusted-types-for stops Daily's script: add a default policy whose createScriptURL lets https://c.daily.co through.";
    const failure: Failure = { code: 'misconfigured', retryAfterSeconds: null };
    throw Object.assign(new Error(text), { failure });
  }
}

/**
 * Joins the call that the grant allows. The SDK keeps its key and base URL in one place for the whole page, so its
 * object is made here, right before it is used, and the page-wide lock keeps a second one away.
 * @param mayKeepAwake whether the page's policy lets the screen be kept on
 * @param sound of the calls before; all but the microphone is set once the call is live
 */
export function joinCall(
  grant: Grant,
  listener: CallListener,
  mayKeepAwake: boolean,
  { microphone: firstMicrophone }: Sound,
): ActiveCall {
  const config = { avoidEval: true, ...(grant.mediaProxyUrl && { proxyUrl: grant.mediaProxyUrl }) };
  const [key, address] = grant.mode === 'proxy' ? ([''] as const) : ([grant.key, grant.apiBaseUrl] as const);
  const vapi = new Vapi(key, address, config, firstMicrophone ? { audioSource: firstMicrophone } : undefined);
  const playersBefore = new Set(players());
  let isLive = false;
  let isOver = false;
  let isMuted = false;
  let letSleep: () => void = () => {};
  let usedMicrophone = firstMicrophone;
  const hearing = new Hearing();
  let hungUp = false;
  let hasLeft = false;
  let reason: string | null = null;
  let failure: Failure | null = null;
  let markClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve;
  });

  const finish = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    letSleep();
    await vapi.stop().catch(() => {});
    // The SDK leaves its player in the page, and Daily the script of its machine.
    for (const player of players()) if (!playersBefore.has(player)) player.remove();
    for (const script of document.querySelectorAll(`head script[src$='${machinePath}']`)) script.remove();
    if (!hasLeft) listener.ended(reason, failure ?? failureOfReason(reason, isLive));
    await Promise.race([joined, new Promise((resolve) => setTimeout(resolve, giveUpMs))]);
    await vapi.stop().catch(() => {});
    vapi.removeAllListeners();
    // An 'error' without a listener would be thrown.
    vapi.on('error', () => {});
    markClosed();
  };
  const fail = (found: Failure | null): void => {
    failure ??= found;
    void finish();
  };

  const hear = (role: Speaker, level: number): void => {
    if (isOver) return;
    listener.volume(role, level);
    if (!isMuted) listener.unheard(hearing.isUnheard(role, level, Date.now()));
  };
  vapi.on('call-start', () => {
    // The SDK says it twice when it joins a call that somebody else has created.
    if (isLive || isOver) return;
    isLive = true;
    if (mayKeepAwake) letSleep = keepAwake();
    hearing.start(Date.now());
    listener.live();
  });
  vapi.on('call-end', () => void finish());
  vapi.on('volume-level', (level) => {
    hear('assistant', level);
  });
  vapi.on('local-volume-level', (level) => {
    hear('user', Math.min(1, level / fullVolume));
  });
  vapi.on('network-quality-change', (event) => {
    if (isOver) return;
    const { threshold, networkState } = asObject(event);
    listener.network(threshold === 'very-low' || networkState === 'bad' ? 'weak' : 'good');
  });
  vapi.on('network-connection', (event) => {
    if (!isOver) listener.network(asObject(event).event === 'interrupted' ? 'lost' : 'good');
  });
  vapi.on('camera-error', (event) => fail({ code: deviceFailure(event), retryAfterSeconds: null }));
  vapi.on('error', (event) => {
    if (asObject(event).type === 'audio-start-failed' && !isOver)
      listener.soundBlocked(() => playRemote(vapi));
    if (!isFatal(event)) return;
    fail(isNormalEnd(event) ? null : { code: failureCode(event, isLive), retryAfterSeconds: null });
  });
  vapi.on('message', (message) => {
    // Once the room is closed the SDK says of every end, without knowing, that the customer ended the call.
    if (!isOver || hungUp) reason ??= endedReason(message);
    if (!isOver) dispatch(message, listener);
  });

  const joined = join(vapi, grant).then(
    (callId) => {
      if (callId) listener.identified(callId);
      else void finish();
    },
    (error) => fail({ code: failureCode({ error }, false), retryAfterSeconds: null }),
  );

  return {
    setMuted(muted) {
      if (!isLive || isOver) return;
      isMuted = muted;
      vapi.setMuted(muted);
      // Given its time again.
      hearing.start(Date.now());
      listener.unheard(false);
    },
    setSound({ microphone, speaker, volume }) {
      if (!isLive || isOver) return;
      vapi.setVolume(volume);
      for (const player of players()) {
        // A device that is gone leaves the sound where it was.
        if ('setSinkId' in player) void player.setSinkId(speaker).catch(() => {});
      }
      if (microphone !== usedMicrophone) {
        usedMicrophone = microphone;
        hearing.startAnew(Date.now());
        listener.unheard(false);
        void vapi.setInputDevicesAsync({ audioDeviceId: microphone || 'default' }).catch(() => {});
      }
    },
    send(text) {
      const message = {
        type: 'add-message',
        message: { role: 'user', content: text },
        triggerResponseEnabled: true,
      } as const;
      if (JSON.stringify(message).length > messageLimit) return false;
      vapi.send(message);
      return true;
    },
    end() {
      hungUp = true;
      // Leaving ends the call, as the visitor's doing. A room that is kept for the next page must be told.
      const isKept = grant.mode === 'proxy' && grant.rejoinWithinSeconds !== undefined;
      if (isKept && isLive && !isOver) vapi.send({ type: 'end-call' });
      void finish();
    },
    leave() {
      hasLeft = true;
      void finish();
    },
    closed,
  };
}

/** @returns the call's id, or null when the SDK could not start it (it then has emitted why). */
async function join(vapi: InstanceType<VapiClass>, grant: Grant): Promise<string | null> {
  if (grant.mode === 'proxy') {
    await vapi.reconnect({
      webCallUrl: grant.webCallUrl,
      id: grant.callId,
      ...(grant.callToken && { transport: { callToken: grant.callToken } }),
    });
    return grant.callId;
  }
  const call = await vapi.start(grant.assistantId, grant.assistantOverrides);
  return call?.id ?? null;
}

/** The SDK has given its player up; this one does its work, in the gesture that the browser wants. */
async function playRemote(vapi: InstanceType<VapiClass>): Promise<void> {
  const room = vapi.getDailyCallObject();
  const remote = Object.values(room?.participants() ?? {}).find(({ local }) => !local);
  const track = remote?.tracks.audio.persistentTrack;
  if (!room || !remote || !track) return;
  const player = document.createElement('audio');
  player.dataset.participantId = remote.session_id;
  player.srcObject = new MediaStream([track]);
  document.body.append(player);
  await player.play();
  // The assistant waits with its first words for this.
  room.sendAppMessage('playable');
}

const players = (): NodeListOf<HTMLAudioElement> => document.querySelectorAll('audio[data-participant-id]');

// ------------------------------------------------------------------ what the SDK emits, as unknown values

type Loose = Record<string, unknown>;
const asObject = (value: unknown): Loose =>
  typeof value === 'object' && value !== null ? (value as Loose) : {};
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
const asSpeaker = (value: unknown): Speaker | null =>
  value === 'user' || value === 'assistant' ? value : value === 'bot' ? 'assistant' : null;

/** Hands one client message on; unknown ones are ignored, as new ones appear all the time. */
export function dispatch(value: unknown, listener: CallListener): void {
  const message = asObject(value);
  const type = asText(message.type);
  const role = asSpeaker(message.role);
  // The type may carry a suffix: transcript[transcriptType="final"].
  if (type.startsWith('transcript') && role) {
    const text = asText(message.transcript);
    if (text) listener.piece({ role, text, final: message.transcriptType === 'final' });
  } else if (type === 'speech-update' && role) {
    listener.speech(role, message.status === 'started');
  } else if (type === 'conversation-update' && Array.isArray(message.messagesOpenAIFormatted)) {
    const pieces = message.messagesOpenAIFormatted.flatMap((entry) => {
      const said = asSpeaker(asObject(entry).role);
      const text = asText(asObject(entry).content);
      return said && text ? [{ role: said, text, final: true }] : [];
    });
    listener.conversation((lines) => repair(lines, pieces));
  }
}

function endedReason(value: unknown): string | null {
  const message = asObject(value);
  return message.type === 'status-update' && message.status === 'ended'
    ? asText(message.endedReason) || null
    : null;
}

/** Whether the call cannot go on. The other errors concern extras: noise cancelling, levels, recording. */
function isFatal(event: unknown): boolean {
  const type = asText(asObject(event).type);
  return [
    'daily-error',
    'daily-call-object-creation-error',
    'daily-call-join-error',
    'start-method-error',
    'reconnect-error',
  ].includes(type);
}

/** Daily reports an end by the other side as an ejection. */
function isNormalEnd(event: unknown): boolean {
  const words = everyText(event);
  return words.includes('ejected') || words.includes('Meeting has ended');
}

/** Texts and numbers of an error, wherever the SDK has put them: its `message` is at times an object. */
function everyText(value: unknown, depth = 0): string {
  if (depth > 5) return '';
  if (value instanceof Error) return `${value.name} ${value.message}`;
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.entries(value)
    .filter(([name]) => name !== 'stack' && name !== 'context')
    .map(([, part]) => everyText(part, depth + 1))
    .join(' ');
}

function statusIn(value: unknown, depth = 0): number | null {
  if (depth > 5 || typeof value !== 'object' || value === null) return null;
  const { statusCode, status } = value as Loose;
  for (const candidate of [statusCode, status]) {
    if (typeof candidate === 'number' && candidate >= 400) return candidate;
  }
  for (const part of Object.values(value)) {
    const found = statusIn(part, depth + 1);
    if (found) return found;
  }
  return null;
}

function failureCode(event: unknown, wasLive: boolean): FailureCode {
  const status = statusIn(event);
  if (status === 429) return 'concurrency_limit';
  if (status === 402) return 'budget_exhausted';
  if (status) return status >= 500 ? 'vapi_unavailable' : 'call_denied';
  if (wasLive) return 'interrupted';
  // The page uses Daily itself, and Daily allows one call a page.
  if (everyText(event).includes('Duplicate DailyIframe')) return 'page_busy';
  return /failed to (fetch|load)|network|load failed/i.test(everyText(event)) || !navigator.onLine
    ? 'network'
    : 'vapi_unavailable';
}

function deviceFailure(event: unknown): FailureCode {
  const words = everyText(event);
  if (words.includes('permissions')) return 'microphone_denied';
  return words.includes('not-found') ? 'microphone_missing' : 'microphone_busy';
}

/** An end that Vapi calls an error is one for the visitor too, though the room was closed in good order. */
function failureOfReason(reason: string | null, wasLive: boolean): Failure | null {
  if (reason === 'customer-did-not-give-microphone-permission') {
    return { code: 'microphone_denied', retryAfterSeconds: null };
  }
  const isFault = /error|assistant-not-|assistant-join-timed-out|worker-shutdown/.test(reason ?? '');
  return isFault ? { code: wasLive ? 'interrupted' : 'vapi_unavailable', retryAfterSeconds: null } : null;
}
