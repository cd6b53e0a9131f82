/** What visitors' browsers call. */
import * as contract from '../contract.ts';
import { json, nothing, type Operation, visitor } from './operation.ts';

export const visitorOperations: Operation[] = [
  visitor('GET /v1/widget/{tenant}', 'Read what the panel shows before a call', {
    notes: 'May be cached for 60 seconds.',
    answers: { 200: json('The settings of the tenant that a page may know.', contract.widgetConfigSchema) },
    refusals: ['origin_not_allowed', 'rate_limited'],
  }),
  visitor('GET /v1/widget/{tenant}/challenge', 'Get a challenge to solve', {
    notes: 'Only where the tenant demands one; it is valid for this tenant and origin, once.',
    query: contract.aheadQuerySchema,
    answers: { 200: json('The challenge.', contract.challengeAnswerSchema) },
    refusals: ['origin_not_allowed', 'rate_limited', 'not_found'],
  }),
  visitor('POST /v1/sessions', 'Request permission for one call', {
    notes:
      'Writes nothing to the store: the session is a signed token, valid for one call attempt within 120 seconds.',
    query: contract.aheadQuerySchema,
    body: { schema: contract.sessionRequestSchema },
    answers: { 201: json('The session.', contract.sessionAnswerSchema) },
    refusals: [
      'origin_not_allowed',
      'assistant_not_allowed',
      'tenant_paused',
      'outside_hours',
      'challenge_required',
      'rate_limited',
    ],
  }),
  visitor('POST /v1/calls', 'Start a call', {
    notes:
      'Uses up the session, takes a line and holds what the call can cost, in one transaction. The tenant’s access mode decides which grant is given.',
    body: { schema: contract.callRequestSchema },
    answers: { 201: json('How to start this call.', contract.grantSchema) },
    refusals: [
      'unauthorized',
      'session_expired',
      'session_used',
      'origin_not_allowed',
      'assistant_not_allowed',
      'tenant_paused',
      'outside_hours',
      'call_denied',
      'balance_empty',
      'identity_refused',
      'budget_exhausted',
      'concurrency_limit',
      'rate_limited',
      'vapi_unavailable',
    ],
  }),
  visitor('POST /v1/calls/{id}/end', 'End a call', {
    notes: 'At Vapi; also for `sendBeacon`. Ending a call that is over does nothing.',
    body: { schema: contract.endCallRequestSchema },
    answers: { 204: nothing('Ended.') },
    refusals: ['unauthorized', 'rate_limited', 'vapi_unavailable'],
  }),
  visitor('POST /v1/calls/{id}/leave', 'Leave the page during a call', {
    notes: 'The call waits a while for the next page of the site, and is ended when none follows.',
    body: { schema: contract.pageOfCallSchema },
    answers: { 204: nothing('Noted.') },
    refusals: ['unauthorized', 'not_found', 'rate_limited', 'vapi_unavailable'],
  }),
  visitor('POST /v1/calls/{id}/rejoin', 'Return to a call on the next page', {
    body: { schema: contract.pageOfCallSchema },
    answers: { 204: nothing('Noted.') },
    refusals: ['unauthorized', 'not_found', 'rate_limited'],
  }),
  visitor('POST /v1/calls/{id}/feedback', 'Rate a call', {
    notes: 'A later rating replaces an earlier one.',
    body: { schema: contract.feedbackRequestSchema },
    answers: { 204: nothing('Saved.') },
    refusals: ['unauthorized', 'not_found', 'rate_limited'],
  }),
  visitor('POST /v1/chats', 'Send one message of a text conversation', {
    notes:
      'The answer arrives word by word. Each `data:` line is one event: a piece of text, or, last, the permission to continue. After 30 messages that permission is answered with `session_expired`: a new session starts another conversation.',
    body: { schema: contract.chatRequestSchema },
    answers: {
      200: {
        what: 'The answer of the assistant.',
        media: { 'text/event-stream': { type: 'string', contentSchema: contract.chatEventSchema } },
      },
    },
    refusals: [
      'unauthorized',
      'session_expired',
      'session_used',
      'origin_not_allowed',
      'assistant_not_allowed',
      'tenant_paused',
      'outside_hours',
      'call_denied',
      'balance_empty',
      'identity_refused',
      'budget_exhausted',
      'concurrency_limit',
      'rate_limited',
      'vapi_unavailable',
    ],
  }),
];
