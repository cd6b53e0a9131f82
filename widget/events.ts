/** The element's events: each bubbles and is composed, so a page may listen on `document`. Types only. */
import type { VariableValues } from '../server/contract.ts';
import type { Speaker } from './call-state.ts';
import type { FailureCode } from './failure.ts';

/** Cancelable; fires before the microphone is asked for and before any request of the call. */
export interface BeforeCallDetail {
  /** From the attribute `variables`; a listener may change it, and the call uses the changed values. */
  variables: VariableValues;
}

export interface CallStartDetail {
  /** Vapi's call id; null in the rare case that it is not known. */
  callId: string | null;
  /** Whether the call was started on another page of the site. */
  rejoined: boolean;
}

export interface CallEndDetail {
  callId: string | null;
  /** Length of the conversation in whole seconds. */
  seconds: number;
  /** Vapi's `endedReason`, an open list; null if none was reported. */
  reason: string | null;
}

export interface TranscriptDetail {
  role: Speaker;
  /** The words of this piece; a later piece of the same turn may replace it unless it is final. */
  text: string;
  final: boolean;
}

export interface VolumeDetail {
  role: Speaker;
  /** 0 to 1. */
  level: number;
}

export interface ConsentDetail {
  /** The tenant's name for what was agreed to. */
  version: string;
  /** False when the visitor has withdrawn it. */
  given: boolean;
}

export interface ToolDetail {
  /** One of the tenant's `pageTools`. */
  name: string;
  /** What the visitor reads. */
  label: string;
  /** Whether the visitor must allow it. The element has asked; an interface of your own must, before it responds. */
  asked: boolean;
  /** As the tenant has defined them; checked. */
  arguments: Record<string, string | number | boolean>;
  /**
   * Takes the call: a value for the assistant (or a promise of one, or a function that is called at once), at most 1,000
   * characters of text or JSON, within 20 s. What is thrown is reported as failed, with its message.
   */
  respondWith(result: unknown): void;
}

export interface ErrorDetail {
  code: FailureCode;
  /** The sentence that the visitor reads. */
  message: string;
  /** When a new attempt makes sense, if the server said so. */
  retryAfterSeconds: number | null;
}

export interface VapiAgentEventMap {
  // begin: events (written by `npm run references` from vapi-agent.ts)
  'vapi-agent-ready': CustomEvent<null>;
  'vapi-agent-open': CustomEvent<null>;
  'vapi-agent-close': CustomEvent<null>;
  'vapi-agent-before-call': CustomEvent<BeforeCallDetail>;
  'vapi-agent-consent': CustomEvent<ConsentDetail>;
  'vapi-agent-call-start': CustomEvent<CallStartDetail>;
  'vapi-agent-call-end': CustomEvent<CallEndDetail>;
  'vapi-agent-transcript': CustomEvent<TranscriptDetail>;
  'vapi-agent-volume': CustomEvent<VolumeDetail>;
  'vapi-agent-tool': CustomEvent<ToolDetail>;
  'vapi-agent-error': CustomEvent<ErrorDetail>;
  // end: events
}

declare global {
  interface HTMLElementEventMap extends VapiAgentEventMap {}
  interface DocumentEventMap extends VapiAgentEventMap {}
}
