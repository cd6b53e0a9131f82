/**
 * The state of one element's call and every allowed transition. Pure: no DOM, no clock, no Vapi.
 *
 * Nothing is optimistic: `live` comes from the transport, not from the click.
 */
import type { Failure } from './failure.ts';
import { addPiece, type Line, type Piece, type Speaker, startSpeaking } from './transcript.ts';

export type { Speaker } from './transcript.ts';

/**
 * `preparing`: microphone, session, grant. `connecting`: the call exists and is being joined. `ending`: hung up, the
 * transport is closing.
 */
export type CallPhase = 'idle' | 'preparing' | 'connecting' | 'live' | 'ending' | 'ended' | 'error';

export interface CallState {
  readonly phase: CallPhase;
  /** Whether the browser is asking the visitor for the microphone. */
  readonly askingMicrophone: boolean;
  /** Whether the visitor is being asked to agree to the tenant's terms, before anything else happens. */
  readonly askingConsent: boolean;
  readonly callId: string | null;
  readonly muted: boolean;
  readonly transcript: readonly Line[];
  /** Who is speaking, as far as the assistant reports it. */
  readonly speaking: Speaker | null;
  /** Milliseconds since the epoch at which the call became live. */
  readonly liveSince: number | null;
  /** Seconds that the call may last; null while unknown. */
  readonly maxSeconds: number | null;
  /** `weak`: the sound may suffer. `lost`: being joined again. */
  readonly network: 'good' | 'weak' | 'lost';
  /** It was the visitor's turn, and the microphone stayed silent. */
  readonly unheard: boolean;
  /** The browser plays no sound until the visitor has touched the page. */
  readonly soundBlocked: boolean;
  /** The previous page has left a call that can be continued. */
  readonly offersRejoin: boolean;
  /** Whether this call was started on another page. */
  readonly isRejoined: boolean;
  /** Length of the finished call in whole seconds. */
  readonly seconds: number | null;
  /** Vapi's `endedReason`. */
  readonly endedReason: string | null;
  /** Whether the transcript has written lines; if so, it is kept after a call. */
  readonly hasText: boolean;
  /** Index of the first line of this call, after those written before it. */
  readonly callFrom: number;
  /** A written message is on its way or being answered. */
  readonly isWriting: boolean;
  /** Why the last written message was not sent. */
  readonly chatFailure: Failure | null;
  /** Only in the phase `error`. */
  readonly failure: Failure | null;
}

export type CallAction =
  | { type: 'prepare' }
  | { type: 'microphone'; asking: boolean }
  | { type: 'consent'; asking: boolean }
  | { type: 'connect'; maxSeconds: number }
  | { type: 'identify'; callId: string }
  | { type: 'live'; at: number }
  | { type: 'network'; network: CallState['network'] }
  | { type: 'unheard'; unheard: boolean }
  | { type: 'sound'; blocked: boolean }
  | { type: 'mute'; muted: boolean }
  | { type: 'piece'; piece: Piece }
  | { type: 'speech'; role: Speaker; speaking: boolean }
  | { type: 'conversation'; lines: readonly Line[] }
  | { type: 'written'; piece: Piece }
  | { type: 'unwritten'; transcript: readonly Line[] }
  | { type: 'writing'; writing: boolean; failure: Failure | null }
  | { type: 'offer-rejoin'; offers: boolean }
  | { type: 'rejoin'; transcript: readonly Line[] }
  | { type: 'left' }
  | { type: 'end' }
  | { type: 'ended'; at: number; reason: string | null }
  | { type: 'fail'; at: number; failure: Failure }
  | { type: 'reset' };

export const initialState: CallState = Object.freeze({
  phase: 'idle',
  askingMicrophone: false,
  askingConsent: false,
  callId: null,
  muted: false,
  transcript: Object.freeze([]),
  speaking: null,
  liveSince: null,
  maxSeconds: null,
  network: 'good',
  unheard: false,
  soundBlocked: false,
  offersRejoin: false,
  isRejoined: false,
  seconds: null,
  endedReason: null,
  hasText: false,
  callFrom: 0,
  isWriting: false,
  chatFailure: null,
  failure: null,
});

const resting: readonly CallPhase[] = ['idle', 'ended', 'error'];

/** In which phases an action applies; in others it is late or a duplicate and is ignored. Null = any. */
const allowedIn: Record<CallAction['type'], readonly CallPhase[] | null> = {
  prepare: resting,
  microphone: ['preparing'],
  consent: ['idle', 'preparing', 'ended', 'error'],
  connect: ['preparing'],
  identify: ['preparing', 'connecting', 'live'],
  live: ['connecting'],
  network: ['live'],
  unheard: ['live'],
  sound: ['connecting', 'live'],
  mute: ['preparing', 'connecting', 'live'],
  piece: ['connecting', 'live'],
  speech: ['connecting', 'live'],
  conversation: ['connecting', 'live'],
  written: null,
  unwritten: null,
  writing: null,
  'offer-rejoin': resting,
  rejoin: ['preparing'],
  left: ['preparing', 'connecting', 'live'],
  end: ['preparing', 'connecting', 'live'],
  ended: ['connecting', 'live', 'ending'],
  fail: ['preparing', 'connecting', 'live'],
  reset: ['ended', 'error'],
};

/** Whether a call is live or on its way. */
export const isActive = (state: CallState): boolean => !resting.includes(state.phase);

/** Whether a call is starting or ending: nothing can be written then. */
export const isStarting = (state: CallState): boolean => isActive(state) && state.phase !== 'live';

/** The next state, frozen; the same object when the action does not apply. */
export function reduce(state: CallState, action: CallAction): CallState {
  if (allowedIn[action.type]?.includes(state.phase) === false) return state;
  const change = changeFor(state, action);
  return change ? Object.freeze({ ...state, ...change }) : state;
}

function changeFor(state: CallState, action: CallAction): Partial<CallState> | null {
  switch (action.type) {
    case 'prepare':
      return { ...fresh(state), phase: 'preparing' };
    case 'microphone':
      return { askingMicrophone: action.asking };
    case 'connect':
      return { phase: 'connecting', askingMicrophone: false, maxSeconds: action.maxSeconds };
    case 'consent':
      return { askingConsent: action.asking };
    case 'network':
      return action.network === state.network ? null : { network: action.network };
    case 'unheard':
      return action.unheard === state.unheard ? null : { unheard: action.unheard };
    case 'sound':
      return { soundBlocked: action.blocked };
    case 'identify':
      return { callId: action.callId };
    case 'live':
      return { phase: 'live', liveSince: action.at };
    case 'mute':
      return action.muted === state.muted ? null : { muted: action.muted };
    case 'piece':
      return changeSpoken(state, (lines) => addPiece(lines, action.piece));
    case 'speech':
      if (!action.speaking) return state.speaking === action.role ? { speaking: null } : null;
      return { speaking: action.role, ...changeSpoken(state, (lines) => startSpeaking(lines, action.role)) };
    case 'conversation':
      return changeSpoken(state, () => action.lines);
    case 'written':
      return { hasText: true, ...changeWritten(state, (lines) => addPiece(lines, action.piece)) };
    case 'unwritten':
      return changeWritten(state, () => action.transcript);
    case 'writing':
      return { isWriting: action.writing, chatFailure: action.failure };
    case 'offer-rejoin':
      return action.offers ? { ...fresh(state), offersRejoin: true } : { offersRejoin: false };
    case 'rejoin':
      return {
        isRejoined: true,
        transcript: numbered([...state.transcript, ...closed(action.transcript)]),
      };
    case 'left':
      return fresh(state);
    case 'end':
      return { phase: 'ending', ...quiet };
    case 'ended':
      // Cancelled before anyone spoke: there is nothing to report about that call.
      if (state.phase === 'ending' && state.liveSince === null) return fresh(state);
      return {
        phase: 'ended',
        ...quiet,
        transcript: closed(state.transcript),
        muted: false,
        seconds: secondsUntil(state, action.at),
        endedReason: action.reason,
      };
    case 'fail':
      return {
        phase: 'error',
        ...quiet,
        transcript: closed(state.transcript),
        muted: false,
        seconds: secondsUntil(state, action.at),
        failure: action.failure,
      };
    case 'reset':
      return fresh(state);
  }
}

/** Closes the last turn: what follows starts a new one. */
const closed = (lines: readonly Line[]): readonly Line[] => lines.map((line) => ({ ...line, open: false }));

/** The initial state, with what was written so far: text and voice are one conversation. */
function fresh(state: CallState): CallState {
  if (!state.hasText) return initialState;
  const transcript = closed(state.transcript);
  const { hasText, isWriting } = state;
  return { ...initialState, transcript, hasText, isWriting, callFrom: transcript.length };
}

/** An answer may still arrive when a call begins: it stays above the call's lines. */
function changeWritten(
  state: CallState,
  change: (lines: readonly Line[]) => readonly Line[],
): Pick<CallState, 'transcript' | 'callFrom'> {
  const { transcript } = state;
  const callFrom = isActive(state) ? state.callFrom : transcript.length;
  const written = change(transcript.slice(0, callFrom));
  return { transcript: numbered([...written, ...transcript.slice(callFrom)]), callFrom: written.length };
}

/** Keyed by position, which identifies a bubble. */
const numbered = (lines: readonly Line[]): readonly Line[] =>
  lines.map((line, id) => (line.id === id ? line : { ...line, id }));

/** The assistant on the call does not know the earlier lines. */
function changeSpoken(
  state: CallState,
  change: (lines: readonly Line[]) => readonly Line[],
): Pick<CallState, 'transcript'> {
  const written = state.transcript.slice(0, state.callFrom);
  return { transcript: numbered([...written, ...change(linesOfCall(state))]) };
}

/** What was said in this call, after what was written before it. */
export const linesOfCall = ({ transcript, callFrom }: CallState): readonly Line[] =>
  transcript.slice(callFrom);

/** From now on, nothing is asked or announced. */
const quiet = {
  askingMicrophone: false,
  askingConsent: false,
  speaking: null,
  network: 'good',
  unheard: false,
  soundBlocked: false,
} as const;

const secondsUntil = (state: CallState, at: number): number | null =>
  state.liveSince === null ? null : Math.max(0, Math.round((at - state.liveSince) / 1000));
