/** Keys, the audit log, reconciliation, webhooks, and monitoring. */
import { z } from 'zod';
import * as contract from '../contract.ts';
import { anyone, json, nothing, type Operation, operator, plain, stripe, vapi } from './operation.ts';

export const otherOperations: Operation[] = [
  operator('GET /v1/client-defaults', 'Read the defaults of clients', {
    answers: { 200: json('Limits, plan, and what clients see.', contract.clientDefaultsSchema) },
  }),
  operator('PATCH /v1/client-defaults', 'Change the defaults of clients', {
    notes:
      'What is left out stays unchanged. Clients that exist keep their limits and plan; what clients see changes for all that have not chosen.',
    body: { schema: contract.updateClientDefaultsSchema },
    answers: { 200: json('The defaults as they are now.', contract.clientDefaultsSchema) },
  }),
  operator('GET /v1/keys', 'List API keys', {
    answers: { 200: json('One page.', contract.keysAnswerSchema) },
  }),
  operator('POST /v1/keys', 'Create an API key', {
    notes: 'It is shown in this answer and nowhere else. A client’s key can only read.',
    body: { schema: contract.createKeySchema },
    answers: { 201: json('The key.', contract.createdKeySchema) },
  }),
  operator('DELETE /v1/keys/{id}', 'Revoke an API key', {
    answers: { 204: nothing('It no longer works.') },
  }),
  operator('POST /v1/secrets/reseal', 'Seal every secret under the current SECRET_KEY', {
    notes:
      'Call it once every process runs with the new key; afterwards `SECRET_KEY_PREVIOUS` is no longer needed. Safe to repeat.',
    answers: { 200: json('What was done.', contract.resealAnswerSchema) },
  }),
  operator('GET /v1/audit', 'List changes, newest first', {
    query: contract.auditQuerySchema,
    answers: { 200: json('One page.', contract.auditAnswerSchema) },
  }),
  operator('GET /v1/attention', 'List what needs attention', {
    notes:
      'From stored sums, states and the notices of the last week: overdue invoices, usage without a price, plans below cost, calls without a cost, and what a notice asks for. Each entry names the view where it is mended.',
    query: contract.attentionQuerySchema,
    answers: { 200: json('The entries, and how many there are.', contract.attentionAnswerSchema) },
  }),
  operator('GET /v1/notices', 'List notices about the tenants, newest first', {
    notes: 'Including those that were sent to no one, because a tenant has no `alerts`.',
    query: contract.pageQuerySchema,
    answers: { 200: json('One page.', contract.noticesAnswerSchema) },
  }),
  operator('POST /v1/reconcile', 'Compare the ledger with Vapi’s books', {
    notes: 'Adds and corrects what the ledger lacks, and reports what differed.',
    body: { schema: contract.reconcileSchema },
    answers: { 200: json('The drift.', contract.driftReportSchema) },
    refusals: ['vapi_unavailable'],
  }),
  operator('POST /v1/doctor', 'Check the server', {
    notes:
      'Database, clock, public address, e-mail and Stripe; sends and creates nothing. One run at a time: another one is answered with `conflict`.',
    body: { schema: contract.serverDoctorRequestSchema, optional: true },
    answers: { 200: json('What was found, also when rows failed.', contract.doctorAnswerSchema) },
    refusals: ['conflict'],
  }),
  vapi('POST /v1/webhooks/vapi/{tenant}', 'Receive a server message from Vapi', {
    notes:
      'The body is Vapi’s, at most 5 MB; a signed one must arrive within four seconds, or is refused with 408. 200 means that it is in the ledger. Messages that expect an answer are forwarded to the tenant’s own server, whose status and body are the answer.',
    answers: { 200: json('Received, or the answer of the tenant’s own server.', z.looseObject({})) },
    relays: 'What the tenant’s own server answered to a message that expects an answer.',
    refusals: [
      'unauthorized',
      'request_timeout',
      'rate_limited',
      'payload_too_large',
      'forward_failed',
      'conflict',
    ],
  }),
  stripe('POST /v1/webhooks/stripe', 'Receive an event from Stripe', {
    notes: 'The body is Stripe’s, at most 1 MB; it must arrive within four seconds, or is refused with 408.',
    answers: { 200: json('Received.', z.object({})) },
    refusals: ['unauthorized', 'request_timeout', 'rate_limited', 'payload_too_large', 'stripe_unavailable'],
  }),
  anyone('GET /openapi.json', 'Read this document', {
    answers: { 200: json('OpenAPI 3.1.', z.looseObject({ openapi: z.string() })) },
  }),
  anyone('GET /healthz', 'Check whether the process is alive', {
    answers: { 200: json('It is.', contract.healthSchema) },
  }),
  anyone('GET /readyz', 'Check whether the server accepts requests and its database accepts writes', {
    answers: {
      200: json('It does.', contract.healthSchema),
      503: json('It does not, or the server is about to stop.', contract.healthSchema),
    },
  }),
  operator('GET /metrics', 'Read the counters', {
    answers: { 200: plain('In the Prometheus text format.', 'text/plain') },
  }),
];
