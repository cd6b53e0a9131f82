/** Phone numbers, and callers whom the agent does not answer. */
import * as contract from '../contract.ts';
import { json, nothing, type Operation, operator } from './operation.ts';

export const phoneOperations: Operation[] = [
  operator('GET /v1/tenants/{slug}/phone-numbers', 'List phone numbers', {
    notes:
      'All of the tenant’s organization as Vapi shows them now, except for those that belong to another tenant of it.',
    answers: { 200: json('The numbers.', contract.phoneNumbersAnswerSchema) },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('PUT /v1/tenants/{slug}/phone-numbers/{id}', 'Assign a phone number', {
    notes:
      '`id` is Vapi’s. The number becomes the tenant’s and is changed at Vapi: it asks this server who answers, or its assistant answers at once. Another tenant’s is not found. Doing it again continues where it stopped.',
    body: { schema: contract.putPhoneNumberSchema },
    answers: { 200: json('As Vapi shows it after the change.', contract.phoneNumberSchema) },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('DELETE /v1/tenants/{slug}/phone-numbers/{id}', 'Release a phone number', {
    notes:
      'It is no longer the tenant’s. At Vapi it stays, and its assistant answers it **without asking this server**; remove it there if no one must answer.',
    answers: { 204: nothing('Released.') },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('GET /v1/tenants/{slug}/blocked-callers', 'List blocked callers', {
    answers: { 200: json('The callers.', contract.blockedCallersAnswerSchema) },
  }),
  operator('POST /v1/tenants/{slug}/blocked-callers', 'Block a caller', {
    notes:
      'Calls from the number are refused with the sentence of `phoneRefusal`, where numbers ask (`phoneCalls: ask`). At most 1,000. Stored are a keyed hash and the last four digits, so that erasing a caller’s data keeps the block, and one made under a `SECRET_KEY` that is no longer in `SECRET_KEY_PREVIOUS` no longer counts.',
    body: { schema: contract.blockCallerSchema },
    answers: {
      200: json('It was blocked already.', contract.blockedCallerSchema),
      201: json('Blocked.', contract.blockedCallerSchema),
    },
    refusals: ['conflict'],
  }),
  operator('DELETE /v1/tenants/{slug}/blocked-callers/{id}', 'Unblock a caller', {
    answers: { 204: nothing('Unblocked.') },
  }),
];
