/**
 * Owns one element's call from the first intent to the end; nothing else changes its state. The order of a start is in
 * {@link CallController.start}, the allowed transitions are in `call-state.ts`.
 */
import type { Grant, ProxyGrant, Rating, VariableValues } from '../server/contract.ts';
import { BrowserAhead } from './browser-ahead.ts';
import type { CallChunk, HeldCall, Host, LeftCall, Visit } from './call-host.ts';
import { claimPage, type PageClaim } from './call-lock.ts';
import {
  type CallAction,
  type CallState,
  initialState,
  isActive,
  linesOfCall,
  reduce,
} from './call-state.ts';
import { CallError, type Failure, failureOf, isBusy } from './failure.ts';
import { openMicrophone } from './microphone.ts';
import { isForbidden } from './page-policy.ts';
import { SessionAhead, withSession } from './session-ahead.ts';
import type { SessionApi } from './session-api.ts';
import { initialSound, type Sound } from './sound.ts';
import type { Piece } from './transcript.ts';
import type { ActiveCall, CallListener } from './vapi-call.ts';
import { ignore, online, orAborted, quiet } from './waiting.ts';

/** From joining to the assistant's first sound, which drawing in between would delay. */
const firstSoundMs = 50;

/** Thrown inside a start that the visitor cancelled; not a failure. */
class GivenUp extends Error {}

export class CallController {
  #host: Host;
  #state: CallState = initialState;
  #session: SessionAhead;
  #browser = new BrowserAhead();
  #chunk: CallChunk | null = null;
  #call: ActiveCall | null = null;
  #api: SessionApi | null = null;
  #grant: Grant | null = null;
  #attempt: AbortController | null = null;
  #sound = initialSound;
  /** The finished call, for the visitor's feedback. */
  #lastGrant: Grant | null = null;
  #playSound: (() => Promise<void>) | null = null;
  #calm: Promise<void> = Promise.resolve();
  #calmDown: () => void = ignore;
  /** Settles when the attempt and its transport are gone. */
  #over: Promise<void> = Promise.resolve();

  constructor(host: Host) {
    this.#host = host;
    this.#session = new SessionAhead(() => host.settings.api());
  }

  get state(): CallState {
    return this.#state;
  }

  /** Fetches a session ahead of the click; for a spoken call, also loads the code and asks the browser. */
  prepare(isSpoken: boolean): void {
    if (isActive(this.#state)) return;
    this.#session.prepare();
    if (!isSpoken) return;
    this.#browser.prepare();
    void this.#loadCall();
  }

  /** Kept once it is loaded: even a cached `import()` takes time. */
  #loadCall(): CallChunk {
    if (this.#chunk) return this.#chunk;
    const chunk = this.#host.loadCall();
    this.#chunk = chunk;
    chunk.catch(() => {
      this.#chunk = null;
    });
    return chunk;
  }

  /** Drops what was fetched ahead, for example when the element names another tenant. */
  forgetSession(): void {
    this.#session.forget();
  }

  /**
   * Starts a call: page may cancel -> consent -> one call per browser -> microphone, session, call chunk and Daily's
   * machine in parallel -> grant -> join. Resolves when the call is live, has failed or was cancelled; never rejects.
   */
  async start(): Promise<void> {
    if (isActive(this.#state)) return;
    const left = this.#host.takeLeft();
    // The page was already asked when the call began.
    const variables = left ? {} : this.#host.beforeCall();
    if (!variables || isActive(this.#state)) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#calm = new Promise((resolve) => {
      this.#calmDown = resolve;
    });
    this.dispatch({ type: 'prepare' });
    if (left) {
      this.dispatch({ type: 'rejoin', transcript: left.transcript });
      this.dispatch({ type: 'mute', muted: left.muted });
    }
    await new Promise<void>((settled) => {
      this.#over = this.#run(variables, left, attempt.signal, settled).finally(settled);
    });
  }

  /** Hangs up, cancels the start, or declines to rejoin; resolves when the page is free for the next call. */
  async end(): Promise<void> {
    const left = this.#host.takeLeft();
    if (left) void this.#host.settings.api().endCall(left.grant.callId, left.grant.endToken, 'fetch');
    if (isActive(this.#state) && this.#state.phase !== 'ending') {
      this.dispatch({ type: 'end' });
      this.#attempt?.abort(new GivenUp());
      // Leave the room first, see `ended` below: otherwise the server's end would arrive before the visitor's.
      if (this.#call) this.#call.end();
      else this.#tellServer('fetch');
    }
    await this.#over;
  }

  setMuted(muted: boolean): void {
    this.dispatch({ type: 'mute', muted });
    this.#call?.setMuted(this.#state.muted);
  }

  /** Settles when drawing no longer delays anything: the call has been requested and joined. */
  get calm(): Promise<void> {
    return this.#calm;
  }

  get sound(): Sound {
    return this.#sound;
  }

  /** For this call and the next ones. */
  setSound(sound: Sound): void {
    this.#sound = sound;
    this.#call?.setSound(sound);
  }

  /** Sends with a session: the one fetched ahead, or a fresh one. */
  async withSession(api: SessionApi, send: (session: string) => Promise<void>): Promise<void> {
    return withSession(api, (await this.#session.take(api)).session, send);
  }

  /** Sends the visitor's feedback on the finished call; null when the server cannot receive it. */
  feedbackSender(): ((rating: Rating, comment: string) => Promise<void>) | null {
    const api = this.#api;
    const grant = this.#lastGrant;
    const { callId } = this.#state;
    if (!api || !grant || !callId) return null;
    const token = grant.mode === 'proxy' ? grant.endToken : grant.feedbackToken;
    return (rating, comment) => api.sendFeedback(callId, { token, rating, comment });
  }

  /** Plays the sound that the browser blocked; must be called from a touch or click. */
  playSound(): void {
    this.#playSound?.().then(() => this.dispatch({ type: 'sound', blocked: false }), ignore);
  }

  /** The visitor's words as text; false when there is no live call or the text is too long. */
  send(text: string): boolean {
    const words = text.trim();
    if (!words || this.#state.phase !== 'live' || !this.#call?.send(words)) return false;
    this.#addPiece({ role: 'user', text: words, final: true });
    return true;
  }

  /** Back to the initial state after an end or a failure. */
  reset(): void {
    this.dispatch({ type: 'reset' });
  }

  /** @param left the call to continue, instead of a new one */
  async #run(
    variables: VariableValues,
    left: LeftCall | null | undefined,
    signal: AbortSignal,
    settled: () => void,
  ): Promise<void> {
    let claim: PageClaim | null = null;
    let microphone: Promise<() => void> | null = null;
    const visit: Visit = { page: left ? left.page + 1 : 0, liveSince: left?.liveSince ?? null };
    const leave = (): void => this.#leavePage(visit);
    try {
      if (!isSecureContext) throw new CallError('insecure_page');
      const api = this.#host.settings.api();
      this.#api = api;
      const chunk = this.#loadCall();
      const session = left ? null : quiet(this.#session.take(api));
      const mayListen = this.#browser.mayListen();
      const consent = this.#host.settings.consent(() => {
        this.dispatch({ type: 'consent', asking: true });
        this.#calmDown();
      });
      if (consent) await orAborted(consent, signal);
      this.dispatch({ type: 'consent', asking: false });
      claim = await claimPage();
      signal.addEventListener('abort', claim.closing);
      // If the browser was free a moment ago, the confirmation can arrive while the server answers, but before joining.
      if (left || !this.#browser.isFree) await orAborted(claim.confirmed, signal);
      if (left) {
        // Only now: in a duplicated tab the call belongs to the first tab, which holds the browser's lock.
        this.#grant = left.grant;
        addEventListener('pagehide', leave);
      }
      signal.throwIfAborted();
      const granted = await orAborted(mayListen, signal);
      this.dispatch({ type: 'microphone', asking: !granted });
      microphone = quiet(openMicrophone(this.#sound.microphone));
      // Nothing is reserved or paid for before the visitor has allowed the microphone.
      if (!granted) {
        this.#calmDown();
        await orAborted(microphone, signal);
      }
      this.dispatch({ type: 'microphone', asking: false });
      const { checkPolicy, fetchCallMachine, joinCall } = await orAborted(chunk, signal).catch(
        asNetworkFailure,
      );
      checkPolicy();
      // Not cancelled half way: we must end a call that the server has created.
      if (left) {
        fetchCallMachine(left.grant.mediaProxyUrl);
        await this.#rejoin(api, left.grant, visit.page);
      } else {
        const from = await orAborted(session ?? this.#session.take(api), signal);
        const grant = withSession(api, from.session, (id) => api.createCall(id, variables));
        // In parallel with the request that everything waits for, not before it.
        fetchCallMachine(from.mediaProxyUrl);
        this.#grant = await grant;
      }
      const grant = this.#grant;
      this.#lastGrant = grant;
      addEventListener('pagehide', leave);
      if (!grant) throw new GivenUp();
      await orAborted(claim.confirmed, signal);
      // A microphone known to be missing ends the start here; one that is still opening does not delay joining.
      await orAborted(Promise.race([microphone, null]), signal);
      this.dispatch({ type: 'connect', maxSeconds: grant.maxDurationSeconds });
      if (grant.mode === 'proxy') this.dispatch({ type: 'identify', callId: grant.callId });
      await this.#hold(joinCall, { grant, claim, settled, microphone, visit, signal });
    } catch (error) {
      this.#tellServer('fetch');
      if (signal.aborted) this.dispatch({ type: 'ended', at: Date.now(), reason: null });
      else if (error instanceof GivenUp || (left && isBusy(error))) this.dispatch({ type: 'left' });
      else this.#fail(error);
    } finally {
      this.#calmDown();
      removeEventListener('pagehide', leave);
      microphone?.then((release) => release(), ignore);
      this.#call = null;
      this.#playSound = null;
      this.#grant = null;
      claim?.release();
    }
  }

  /**
   * Joins, and stays until the transport is torn down. A room lost to the network is joined once more: only the room of
   * a call that the backend created can be joined again.
   */
  async #hold(joinCall: Awaited<CallChunk>['joinCall'], held: HeldCall): Promise<void> {
    held.microphone.catch((error) => {
      if (this.#state.phase !== 'connecting') return;
      held.refusal = failureOf(error);
      this.#host.failed(error);
      this.#call?.end();
    });
    do {
      held.rejoins = false;
      const mayKeepAwake = !isForbidden('screen-wake-lock');
      this.#call = joinCall(held.grant, this.#listener(held), mayKeepAwake, this.#sound);
      await this.#call.closed;
      if (held.rejoins) await orAborted(online(), held.signal);
      held.isSecond = true;
    } while (held.rejoins);
  }

  #listener(held: HeldCall): CallListener {
    return {
      host: this.#host,
      identified: (callId) => this.dispatch({ type: 'identify', callId }),
      live: () => this.#live(held),
      piece: (piece) => this.#addPiece(piece),
      speech: (role, speaking) => this.dispatch({ type: 'speech', role, speaking }),
      conversation: (mend) => this.dispatch({ type: 'conversation', lines: mend(linesOfCall(this.#state)) }),
      volume: (role, level) => this.#host.volume(role, level),
      unheard: (unheard) => this.dispatch({ type: 'unheard', unheard }),
      network: (network) => this.dispatch({ type: 'network', network }),
      soundBlocked: (play) => {
        this.#playSound = play;
        this.dispatch({ type: 'sound', blocked: true });
      },
      ended: (reason, failure) => this.#ended(held, reason, held.refusal ?? failure),
    };
  }

  #live({ visit, microphone, settled }: HeldCall): void {
    setTimeout(this.#calmDown, firstSoundMs);
    visit.liveSince ??= Date.now();
    this.dispatch({ type: 'live', at: visit.liveSince });
    this.dispatch({ type: 'network', network: 'good' });
    this.#call?.setMuted(this.#state.muted);
    this.#call?.setSound(this.#sound);
    // Daily holds the microphone now.
    microphone.then((release) => release(), ignore);
    settled();
  }

  #ended(held: HeldCall, reason: string | null, failure: Failure | null): void {
    const { phase } = this.#state;
    const isDropped = failure?.code === 'interrupted' && reason === null && phase === 'live';
    if (isDropped && !held.isSecond && held.grant.mode === 'proxy') {
      held.rejoins = true;
      this.dispatch({ type: 'network', network: 'lost' });
      return;
    }
    held.claim.closing();
    const isFault = failure && phase !== 'ending';
    // Hanging up ends the call by leaving the room; if that is missed, the server ends it.
    if (isFault || phase === 'ending') this.#tellServer('fetch');
    if (isFault) {
      const code = held.isSecond ? 'interrupted' : failure.code;
      this.dispatch({ type: 'fail', at: Date.now(), failure: { ...failure, code } });
    } else this.dispatch({ type: 'ended', at: Date.now(), reason });
    held.settled();
  }

  /** The server decides whether the call still waits. @throws {GivenUp} when it does not */
  async #rejoin(api: SessionApi, grant: ProxyGrant, page: number): Promise<void> {
    if (await api.rejoinCall(grant.callId, grant.endToken, page)) return;
    this.#grant = null;
    throw new GivenUp();
  }

  /** The page is being left: the call waits for the next page if the tenant and the element allow it, or ends. */
  #leavePage({ page, liveSince }: Visit): void {
    const grant = this.#grant;
    const { muted, phase } = this.#state;
    if (grant?.mode === 'proxy' && grant.rejoinWithinSeconds && liveSince !== null && phase !== 'ending') {
      const transcript = linesOfCall(this.#state);
      const left = { grant, page, liveSince, leftAt: Date.now(), muted, transcript };
      if (this.#host.keep(left)) {
        this.#grant = null;
        this.#api?.leaveCall(grant.callId, grant.endToken, page);
        this.#call?.leave();
        this.dispatch({ type: 'left' });
        return;
      }
    }
    this.#call?.end();
    this.#tellServer('beacon');
  }

  /** Also ends the call at the server, once: leaving the room can be missed, a request is not. */
  #tellServer(how: 'fetch' | 'beacon'): void {
    const grant = this.#grant;
    if (grant?.mode !== 'proxy') return;
    this.#grant = null;
    void this.#api?.endCall(grant.callId, grant.endToken, how);
  }

  #addPiece(piece: Piece): void {
    const before = this.#state;
    this.dispatch({ type: 'piece', piece });
    if (this.#state !== before) this.#host.piece(piece);
  }

  #fail(error: unknown): void {
    this.dispatch({ type: 'fail', at: Date.now(), failure: failureOf(error) });
    this.#host.failed(error);
  }

  dispatch(action: CallAction): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (this.#state !== before) this.#host.changed(this.#state, before);
  }
}

function asNetworkFailure(error: unknown): never {
  throw error instanceof GivenUp ? error : new CallError('network', `the call code did not load: ${error}`);
}
