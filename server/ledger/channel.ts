/** How the ledger's kinds of call are priced. Pure. */
import { type CallChannel, callKinds } from '../contract.ts';

/** Any other kind, which Vapi may add, is priced as a call from the web. */
export function channelOf(kind: string): CallChannel {
  const priced = ['inbound', 'outbound', 'chat'] as const;
  return priced.find((channel) => callKinds[channel] === kind) ?? 'web';
}
