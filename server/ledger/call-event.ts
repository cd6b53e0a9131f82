/** What metering is told of a call, in this product's words; `server/vapi` makes it of what Vapi sends. */
import type { CostByComponent, EventSource } from '../contract.ts';

export interface CallEvent {
  /** A report tells the whole call; a status update only where it has got to. */
  kind: 'status' | 'report';
  source: EventSource;
  /** Vapi's call id. */
  callId: string;
  /** The sender's clock when it said so, in epoch milliseconds: orders events that arrive in any order. */
  asOf: number;
  /** `webCall`, `inboundPhoneCall`, …: open, since Vapi adds kinds. */
  type: string | null;
  /** `queued`, `in-progress`, `ended`, …: open likewise. */
  status: string | null;
  assistantId: string | null;
  /** The session that the call claims to come from; a claim only, until the tenant's reservations confirm it. */
  sessionId: string | null;
  createdAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  endedReason: string | null;
  /** Where the call can be ended; a secret. */
  controlUrl: string | null;
  /** Null = not told. Unknown is not zero. */
  cost: CallCost | null;
  /** A cost was told that no call can have; `cost` is null then. */
  costRefused?: boolean;
}

/** In micros of a US dollar; the components sum to the total. */
export interface CallCost {
  totalMicros: number;
  components: CostByComponent;
}
