/** Vapi's reasons for a call's end (vapi-facts 3.5) in the words that a client understands: the only such table. */
import type { EndedClass } from '../contract.ts';

/** The first one that fits counts: a whole reason, before a family's beginning, before a word of one not known yet. */
export interface EndedRule {
  is: EndedClass;
  reasons?: readonly string[];
  beginnings?: readonly string[];
  words?: readonly string[];
}

const reasons = (is: EndedClass, ...reasons: string[]): EndedRule => ({ is, reasons });

export const knownEndings: readonly EndedRule[] = [
  reasons(
    'talked',
    'assistant-ended-call',
    'assistant-ended-call-after-message-spoken',
    'assistant-ended-call-with-hangup-task',
    'assistant-said-end-call-phrase',
    'call.ending.hook-executed-say',
    'call.in-progress.sip-completed-call',
    'call.in-progress.twilio-completed-call',
    'customer-ended-call',
    'exceeded-max-duration',
    'vonage-completed',
    'vonage-disconnected',
  ),
  reasons(
    'hung-up',
    'call.ringing.sip-inbound-caller-hungup-before-call-connect',
    'customer-did-not-give-microphone-permission',
    'customer-ended-call-after-warm-transfer-attempt',
    'customer-ended-call-before-warm-transfer',
    'customer-ended-call-during-transfer',
    'silence-timed-out',
  ),
  reasons(
    'missed',
    'call.forwarding.no-answer',
    'call.forwarding.operator-busy',
    'call.ringing.hook-executed-say',
    'customer-busy',
    'customer-did-not-answer',
    'phone-call-provider-bypass-enabled-but-no-call-received',
    'twilio-reported-customer-misdialed',
    'vonage-rejected',
  ),
  reasons(
    'transferred',
    'assistant-forwarded-call',
    'assistant-request-returned-forwarding-phone-number',
    'call.ending.hook-executed-transfer',
    'call.ringing.hook-executed-transfer',
  ),
  reasons('voicemail', 'voicemail'),
  reasons(
    'refused',
    'call-deleted',
    'call.start.error-enterprise-feature-not-available-recording-consent',
    'call.start.error-fraud-check-failed',
    'call.start.error-subscription-concurrency-limit-reached',
    'call.start.error-subscription-frozen',
    'call.start.error-subscription-insufficient-credits',
    'call.start.error-subscription-upgrade-failed',
    'call.start.error-subscription-wallet-does-not-exist',
    'call.start.error-vapi-number-international',
    'call.start.error-vapi-number-outbound-daily-limit',
    'manually-canceled',
    'scheduled-call-deleted',
  ),
  reasons(
    'failed',
    'assistant-join-timed-out',
    'assistant-not-found',
    'assistant-not-valid',
    'assistant-request-failed',
    'assistant-request-returned-error',
    'assistant-request-returned-invalid-assistant',
    'assistant-request-returned-no-assistant',
    'assistant-request-returned-unspeakable-error',
    'call-start-error-neither-assistant-nor-server-set',
    'call.start.assistant-version-error-validation',
    'phone-call-provider-closed-websocket',
    'twilio-failed-to-connect-call',
    'vonage-failed-to-connect-call',
    'worker-shutdown',
  ),
  {
    is: 'failed',
    beginnings: ['pipeline-error-', 'call.in-progress.error-', 'call.ringing.error-', 'call.start.error-'],
  },
];

/** For reasons that Vapi adds later, until they are in the table. */
const guesses: readonly EndedRule[] = [
  { is: 'failed', words: ['error', 'fail', 'fault', 'invalid', 'timed-out'] },
  { is: 'voicemail', words: ['voicemail'] },
  { is: 'transferred', words: ['transfer', 'forward'] },
  { is: 'missed', words: ['did-not-answer', 'no-answer', 'busy', 'unreachable'] },
  { is: 'refused', words: ['rejected', 'refused', 'denied', 'cancel', 'deleted', 'limit'] },
  { is: 'hung-up', words: ['hungup', 'hung-up', 'hangup', 'silence'] },
  { is: 'talked', words: ['ended-call', 'completed'] },
];

export const endedRules: readonly EndedRule[] = [...knownEndings, ...guesses];

/** @returns null while there is no reason, and for one that says nothing known */
export function endedClassOf(reason: string | null, rules = endedRules): EndedClass | null {
  if (reason === null) return null;
  const fitting = rules.find(
    ({ reasons = [], beginnings = [], words = [] }) =>
      reasons.includes(reason) ||
      beginnings.some((beginning) => reason.startsWith(beginning)) ||
      words.some((word) => reason.includes(word)),
  );
  return fitting?.is ?? null;
}
