/**
 * The only file that imports Vapi's browser SDK: joins one call and turns the SDK's events into {@link CallListener}. A
 * separate chunk, loaded on intent in parallel with the panel's and independent of it.
 */
import sdk from '@vapi-ai/web';
import type { Grant } from '../server/contract.ts';
import type { Speaker } from './call-state.ts';
import type { Failure, FailureCode } from './failure.ts';
import { Hearing } from './hearing.ts';
import { followPage } from './page-link.ts';
import type { Asked, PageLink } from './page-tools.ts';
import type { Sound } from './sound.ts';
import type { Line, Piece } from './transcript.ts';
import { repair } from './transcript-repair.ts';
import {
  asObject,
  asText,
  deviceFailure,
  failureCode,
  failureOfReason,
  isFatal,
  isNormalEnd,
} from './vapi-failure.ts';
import { keepAwake } from './wake-lock.ts';

export { checkPolicy } from './trusted-types.ts';

// The package is CommonJS: its class is the default export or a property of it, depending on the bundler.
type VapiClass = typeof sdk extends { default: infer Class } ? Class : typeof sdk;
const Vapi = ((sdk as { default?: unknown }).default ?? sdk) as VapiClass;

/** What a call reports; `ended` comes exactly once and last. */
export interface CallListener {
  /** Whose element has the page's context and functions. */
  readonly host?: { readonly element: HTMLElement };
  identified(callId: string): void;
  live(): void;
  piece(piece: Piece): void;
  speech(role: Speaker, speaking: boolean): void;
  /** The assistant has reported the conversation as it knows it; `mend` corrects the call's lines with it. */
  conversation(mend: (lines: readonly Line[]) => readonly Line[]): void;
  /** How loud a speaker is, 0 to 1. */
  volume(role: Speaker, level: number): void;
  /** Whether to notify the visitor that nothing is heard. */
  unheard(unheard: boolean): void;
  network(quality: 'good' | 'weak' | 'lost'): void;
  /** The browser needs a touch before it plays; call `play` from one. */
  soundBlocked(play: () => Promise<void>): void;
  /** `failure` is null after a normal end, whoever hung up. */
  ended(reason: string | null, failure: Failure | null): void;
}

export interface ActiveCall {
  /** Has an effect once the call is live. */
  setMuted(muted: boolean): void;
  /** Also has an effect only once the call is live. */
  setSound(sound: Sound): void;
  /** Adds the visitor's typed words to the conversation; false when they exceed the room's message size. */
  send(text: string): boolean;
  /** Hangs up, also in the middle of joining. */
  end(): void;
  /** Leaves silently: the call continues, and nothing more is reported. */
  leave(): void;
  /** Settles when the call is torn down completely and the page may start another one. */
  readonly closed: Promise<void>;
}

/** Characters; the room refuses longer messages. */
const messageLimit = 4096;
/** The level that counts as 1; the SDK scales the assistant's the same way. */
const fullVolume = 0.15;
/** Of the daily-js inside the SDK: it loads the machine of its own release. */
const dailyVersion = '0.87.0';
const machinePath = `c.daily.co/call-machine/versioned/${dailyVersion}/static/call-machine-object-bundle.js`;
/** A cancelled join may never settle; the wait for it ends after this. */
const giveUpMs = 5000;

/** A call that is still there this long after its limit has ended without a word. */
const graceSeconds = 30;

/**
 * Fetches what daily-js loads once there is a room, while the call is being requested. Only after the click: it is the
 * first request to Daily. If daily-js needs another file, this one is fetched in vain and nothing breaks.
 */
export function fetchCallMachine(proxyUrl: string | undefined): void {
  const host = proxyUrl ? `${proxyUrl.replace(/\/$/, '')}/` : 'https://';
  const link = document.createElement('link');
  link.rel = 'preload';
  link.as = 'script';
  link.href = host + machinePath;
  // If scripts need a nonce, so does this.
  link.nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';
  link.onload = link.onerror = () => link.remove();
  document.head.append(link);
}

/**
 * Joins the call that the grant allows. The SDK keeps its key and base URL in one place for the whole page, so its
 * object is created here, right before use, and the page-wide lock prevents a second one.
 * @param mayKeepAwake whether the page's policy lets the screen be kept on
 * @param sound of the previous calls; all but the microphone is set once the call is live
 */
export function joinCall(
  grant: Grant,
  listener: CallListener,
  mayKeepAwake: boolean,
  sound: Sound,
): ActiveCall {
  return new JoinedCall(grant, listener, mayKeepAwake, sound.microphone);
}

class JoinedCall implements ActiveCall {
  readonly closed: Promise<void>;
  #markClosed: () => void = () => {};
  #vapi: InstanceType<VapiClass>;
  #grant: Grant;
  #listener: CallListener;
  #hearing = new Hearing();
  #playersBefore = new Set(players());
  /** Of this call. */
  #players = new Set<HTMLAudioElement>();
  #letSleep: () => void = () => {};
  #limit: ReturnType<typeof setTimeout> | undefined;
  #microphone: string;
  #isLive = false;
  #isOver = false;
  #isMuted = false;
  #hungUp = false;
  #hasLeft = false;
  #reason: string | null = null;
  #failure: Failure | null = null;
  #joined: Promise<void>;
  #page: PageLink | undefined;

  constructor(grant: Grant, listener: CallListener, mayKeepAwake: boolean, microphone: string) {
    this.#grant = grant;
    this.#listener = listener;
    this.#microphone = microphone;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    const config = { avoidEval: true, ...(grant.mediaProxyUrl && { proxyUrl: grant.mediaProxyUrl }) };
    const [key, address] =
      grant.mode === 'proxy' ? ([''] as const) : ([grant.key, grant.apiBaseUrl] as const);
    this.#vapi = new Vapi(key, address, config, microphone ? { audioSource: microphone } : undefined);
    this.#followCourse(mayKeepAwake);
    this.#followSound();
    this.#joined = join(this.#vapi, grant).then(
      (callId) => {
        if (callId) listener.identified(callId);
        else void this.#finish();
      },
      (error) => this.#fail(failureCode({ error }, false)),
    );
  }

  setMuted(muted: boolean): void {
    if (!this.#isLive || this.#isOver) return;
    this.#isMuted = muted;
    this.#vapi.setMuted(muted);
    // The wait for a voice starts again.
    this.#hearing.start(Date.now());
    this.#listener.unheard(false);
  }

  setSound({ microphone, speaker, volume }: Sound): void {
    if (!this.#isLive || this.#isOver) return;
    this.#vapi.setVolume(volume);
    for (const player of players()) {
      // If the device is gone, the sound stays where it was.
      if ('setSinkId' in player) void player.setSinkId(speaker).catch(() => {});
    }
    if (microphone === this.#microphone) return;
    this.#microphone = microphone;
    this.#hearing.startAnew(Date.now());
    this.#listener.unheard(false);
    void this.#vapi.setInputDevicesAsync({ audioDeviceId: microphone || 'default' }).catch(() => {});
  }

  send(text: string): boolean {
    const message = {
      type: 'add-message',
      message: { role: 'user', content: text },
      triggerResponseEnabled: true,
    } as const;
    if (JSON.stringify(message).length > messageLimit) return false;
    this.#vapi.send(message);
    return true;
  }

  end(): void {
    this.#hungUp = true;
    // Leaving normally ends the call as hung up by the visitor. A room that is kept for the next page needs a message.
    const isKept = this.#grant.mode === 'proxy' && this.#grant.rejoinWithinSeconds !== undefined;
    if (isKept && this.#isLive && !this.#isOver) this.#vapi.send({ type: 'end-call' });
    void this.#finish();
  }

  leave(): void {
    this.#hasLeft = true;
    void this.#finish();
  }

  #followCourse(mayKeepAwake: boolean): void {
    const vapi = this.#vapi;
    vapi.on('call-start', () => {
      // The SDK emits it twice when it joins a call that it did not create.
      if (this.#isLive || this.#isOver) return;
      this.#isLive = true;
      if (mayKeepAwake) this.#letSleep = keepAwake();
      this.#hearing.start(Date.now());
      // Vapi ends the call at its limit. If that goes unnoticed, the page must not keep the microphone.
      this.#limit = setTimeout(
        () => this.#endAtLimit(),
        (this.#grant.maxDurationSeconds + graceSeconds) * 1000,
      );
      this.#listener.live();
      this.#followPage();
    });
    vapi.on('call-end', () => void this.#finish());
    vapi.on('camera-error', (event) => this.#fail(deviceFailure(event)));
    vapi.on('error', (event) => {
      if (asObject(event).type === 'audio-start-failed' && !this.#isOver) {
        // The SDK has taken its player out of the page itself: it must not be put back.
        this.#players.clear();
        this.#listener.soundBlocked(() => playRemote(vapi));
      }
      if (!isFatal(event)) return;
      this.#fail(isNormalEnd(event) ? null : failureCode(event, this.#isLive));
    });
    vapi.on('message', (message) => {
      // Once the room is closed, the SDK reports every end as the customer's, without knowing.
      if (!this.#isOver || this.#hungUp) this.#reason ??= endedReason(message);
      if (this.#isOver) return;
      dispatch(message, this.#listener);
      for (const asked of functionsIn(message)) this.#page?.call(asked);
    });
  }

  #followPage(): void {
    const { host } = this.#listener;
    const page = this.#grant.mode === 'proxy' ? this.#grant.page : undefined;
    if (!host) return;
    this.#page = followPage(host, page, (content, answers) => {
      const message = {
        type: 'add-message',
        message: { role: 'system', content },
        triggerResponseEnabled: answers,
      } as const;
      if (!this.#isOver && JSON.stringify(message).length <= messageLimit) this.#vapi.send(message);
    });
  }

  #followSound(): void {
    const vapi = this.#vapi;
    const network = (quality: 'good' | 'weak' | 'lost'): void => {
      if (!this.#isOver) this.#listener.network(quality);
    };
    vapi.on('volume-level', (level) => {
      this.#keepPlaying();
      this.#hear('assistant', level);
    });
    vapi.on('local-volume-level', (level) => this.#hear('user', Math.min(1, level / fullVolume)));
    vapi.on('network-quality-change', (event) => {
      const { threshold, networkState } = asObject(event);
      network(threshold === 'very-low' || networkState === 'bad' ? 'weak' : 'good');
    });
    vapi.on('network-connection', (event) =>
      network(asObject(event).event === 'interrupted' ? 'lost' : 'good'),
    );
  }

  #hear(role: Speaker, level: number): void {
    if (this.#isOver) return;
    this.#listener.volume(role, level);
    if (!this.#isMuted) this.#listener.unheard(this.#hearing.isUnheard(role, level, Date.now()));
  }

  #fail(code: FailureCode | null): void {
    this.#failure ??= code && { code, retryAfterSeconds: null };
    void this.#finish();
  }

  #endAtLimit(): void {
    this.#reason ??= 'exceeded-max-duration';
    void this.#finish();
  }

  /** A router that replaces the body takes the SDK's player out of the page, which silences it. */
  #keepPlaying(): void {
    for (const player of players()) if (!this.#playersBefore.has(player)) this.#players.add(player);
    for (const player of this.#players) {
      if (player.isConnected || this.#isOver) continue;
      document.body.append(player);
      void player.play().catch(() => {});
    }
  }

  async #finish(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#limit);
    this.#page?.close();
    const vapi = this.#vapi;
    this.#letSleep();
    await vapi.stop().catch(() => {});
    // The SDK leaves its player in the page, and Daily its machine's script.
    for (const player of players()) if (!this.#playersBefore.has(player)) player.remove();
    for (const script of document.querySelectorAll(`head script[src$='${machinePath}']`)) script.remove();
    const reason = this.#reason;
    if (!this.#hasLeft) this.#listener.ended(reason, this.#failure ?? failureOfReason(reason, this.#isLive));
    await Promise.race([this.#joined, new Promise((resolve) => setTimeout(resolve, giveUpMs))]);
    await vapi.stop().catch(() => {});
    vapi.removeAllListeners();
    // An 'error' without a listener would be thrown.
    vapi.on('error', () => {});
    this.#markClosed();
  }
}

/** @returns the call's id, or null when the SDK could not start it (it has then emitted why). */
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

/** The SDK has abandoned its player; this one replaces it, during the gesture that the browser requires. */
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
  // The assistant waits for this before it speaks first.
  room.sendAppMessage('playable');
}

const players = (): NodeListOf<HTMLAudioElement> => document.querySelectorAll('audio[data-participant-id]');

// ------------------------------------------------------------------ what the SDK emits, as unknown values

const asSpeaker = (value: unknown): Speaker | null =>
  value === 'user' || value === 'assistant' ? value : value === 'bot' ? 'assistant' : null;

/** Passes one client message on; unknown ones are ignored, since new ones appear all the time. */
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

/** What a `tool-calls` message calls; arguments are an object or its JSON. */
function functionsIn(value: unknown): Asked[] {
  const { type, toolCallList } = asObject(value);
  if (type !== 'tool-calls' || !Array.isArray(toolCallList)) return [];
  return toolCallList.flatMap((one) => {
    const { id, function: called } = asObject(one);
    const { name, arguments: given } = asObject(called);
    if (!asText(id) || !asText(name)) return [];
    let values: unknown = given ?? {};
    try {
      if (typeof given === 'string') values = JSON.parse(given || '{}');
    } catch {
      // A text is no object: refused, with a reason that the assistant can act on.
    }
    return [{ id: asText(id), name: asText(name), values }];
  });
}

function endedReason(value: unknown): string | null {
  const message = asObject(value);
  return message.type === 'status-update' && message.status === 'ended'
    ? asText(message.endedReason) || null
    : null;
}
