/** What is reported to metering about a call, in the product's terms; `server/vapi` translates Vapi's messages. */
import type { CostByComponent, EventSource } from '../contract.ts';
import type { ReportedResults } from './call-results.ts';

export interface CallEvent {
  /** A report covers the whole call; a status update only its current state. */
  kind: 'status' | 'report';
  source: EventSource;
  /** Vapi's call id. */
  callId: string;
  /** The sender's time if it gave one, in epoch milliseconds: orders events that arrive in any order. */
  asOf: number;
  /** `webCall`, `inboundPhoneCall`, …: open, since Vapi adds kinds. */
  type: string | null;
  /** `queued`, `in-progress`, `ended`, …: also open. */
  status: string | null;
  assistantId: string | null;
  /** The squad that was called; `assistantId` is then, at most, the member that is speaking. */
  squadId?: string | null;
  /** The session that the call claims to come from; only a claim until the tenant's reservations confirm it. */
  sessionId: string | null;
  createdAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  endedReason: string | null;
  /** Numbers and e-mail addresses of the person, in the spelling of `callerIdOf`. */
  callerIds?: string[];
  /** Null = not reported. */
  results?: ReportedResults | null;
  /** Where the call can be ended; a secret. */
  controlUrl: string | null;
  /** Null = not reported. Unknown is not zero. */
  cost: CallCost | null;
  /** The reported cost is impossible for any call; `cost` is null then. */
  costRefused?: boolean;
}

/** In micros of a US dollar; the components sum to the total. */
export interface CallCost {
  totalMicros: number;
  components: CostByComponent;
}
