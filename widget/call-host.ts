/** Where a call's controller lives: its surroundings, as far as it needs them. Types only. */
import type { ProxyGrant, VariableValues } from '../server/contract.ts';
import type { CallState, Speaker } from './call-state.ts';
import type { SessionApi } from './session-api.ts';
import type { Line, Piece } from './transcript.ts';

/** The element, as far as its lazy parts need it. */
export interface AgentElement extends HTMLElement {
  show(): void;
  close(): void;
  attributeChangedCallback(name: string): void;
}

/** What the next page needs in order to go on. */
export interface LeftCall {
  grant: ProxyGrant;
  /** The page that was left, counted from 0 where the call was started. */
  page: number;
  /** Epoch milliseconds. */
  liveSince: number;
  leftAt: number;
  muted: boolean;
  transcript: readonly Line[];
}

export type CallChunk = Promise<typeof import('./vapi-call.ts')>;

/** What the controller needs of its surroundings, and whom it tells. */
export interface CallHost {
  /** The API for the tenant and server that the element names now. @throws {CallError} `misconfigured` */
  api(): SessionApi;
  loadCall(): CallChunk;
  /** The last word of the page before anything starts: the variables of the call, or null to call it off. */
  beforeCall(): VariableValues | null;
  /**
   * Resolves once the visitor has agreed to what the tenant demands; null when there is nothing to agree to. `ask` is
   * called when the question has to be shown.
   * @throws {CallError} when it cannot be known whether there is: a question that is not asked is no consent
   */
  consent(ask: () => void): Promise<void> | null;
  changed(state: CallState, before: CallState): void;
  /** Keeps the call for the next page of the site; false or nothing when this is its last one. */
  keep(call: LeftCall): boolean | undefined;
  /** The call of the page before that waits to be gone on with; it waits no longer. */
  takeLeft(): LeftCall | null | undefined;
  piece(piece: Piece): void;
  volume(role: Speaker, level: number): void;
  /** For the site's developer; the visitor sees the failure's own sentence. */
  failed(error: unknown): void;
}
