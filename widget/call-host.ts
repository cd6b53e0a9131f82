/** What a call's controller depends on, and calls between pages and rooms. Types only. */
import type { Grant, ProxyGrant, VariableValues, WidgetConfig } from '../server/contract.ts';
import type { PageClaim } from './call-lock.ts';
import type { CallState, Speaker } from './call-state.ts';
import type { Failure } from './failure.ts';
import type { SessionApi } from './session-api.ts';
import type { Line, Piece } from './transcript.ts';

/** The element, as far as its lazy parts need it. */
export interface AgentElement extends HTMLElement {
  show(): void;
  close(): void;
  attributeChangedCallback(name: string): void;
}

/** What the next page needs in order to continue the call. */
export interface LeftCall {
  grant: ProxyGrant;
  /** Index of the page that was left; 0 is where the call started. */
  page: number;
  /** Epoch milliseconds. */
  liveSince: number;
  leftAt: number;
  muted: boolean;
  transcript: readonly Line[];
}

export type CallChunk = Promise<typeof import('./vapi-call.ts')>;

/** What the next page must know about this one. */
export interface Visit {
  page: number;
  /** Epoch milliseconds; null before the call was live. */
  liveSince: number | null;
}

/** A call that is being joined or is live. */
export interface HeldCall {
  grant: Grant;
  claim: PageClaim;
  microphone: Promise<() => void>;
  visit: Visit;
  signal: AbortSignal;
  /** The start is over: the call is live, or has failed. */
  settled: () => void;
  /** Whether the room was lost once and joined again. */
  isSecond?: boolean;
  rejoins?: boolean;
  /** The microphone was refused while the room was being joined. */
  refusal?: Failure;
}

/** The tenant and the server that the element currently names. */
export interface Settings {
  /** Base URL of the server. */
  server(): string;
  /** @throws {CallError} `misconfigured` when there is no tenant */
  api(): SessionApi;
  /** The tenant's settings. */
  load(): Promise<WidgetConfig>;
  /** They are requested again when next needed. @param isRefused past any cache */
  forget(isRefused?: boolean): void;
  /**
   * Resolves once the visitor has agreed to what the tenant demands; null when there is nothing to agree to. `ask` is
   * called when the question has to be shown.
   * @throws {CallError} when it is unknown whether consent is needed: a question that was not asked is not consent
   */
  consent(ask: () => void): Promise<void> | null;
}

/** What a call and a written conversation need from the element, and what they notify. */
export interface Host {
  /** Changes when a router replaces it during a call. */
  element: AgentElement;
  readonly settings: Settings;
  loadCall(): CallChunk;
  /** Lets the page decide before anything starts: the variables of the call, or null to cancel it. */
  beforeCall(): VariableValues | null;
  changed(state: CallState, before: CallState): void;
  /** Keeps the call for the next page of the site; false or nothing when the call ends with this page. */
  keep(call: LeftCall): boolean | undefined;
  /** Takes the previous page's call that waits to be continued; it no longer waits. */
  takeLeft(): LeftCall | null | undefined;
  piece(piece: Piece): void;
  volume(role: Speaker, level: number): void;
  /**
   * For the site's developer; the visitor sees the failure's own sentence.
   * @param written the failure of a written message, which the page must be notified of; a call's is in its state
   */
  failed(error: unknown, written?: Failure): void;
}
