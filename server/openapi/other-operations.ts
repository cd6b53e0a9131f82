/** Keys, the audit log, reconciliation, webhooks, and what monitors ask. */
import { z } from 'zod';
import {
  auditAnswerSchema,
  createdKeySchema,
  createKeySchema,
  driftReportSchema,
  healthSchema,
  keysAnswerSchema,
  noticesAnswerSchema,
  pageQuerySchema,
  reconcileSchema,
  resealAnswerSchema,
} from '../contract.ts';
import { json, nothing, type Operation, plain } from './operation.ts';

export const otherOperations: Operation[] = [
  {
    route: 'GET /v1/keys',
    caller: 'operator',
    summary: 'List API keys',
    query: pageQuerySchema,
    answers: { 200: json('One page.', keysAnswerSchema) },
  },
  {
    route: 'POST /v1/keys',
    caller: 'operator',
    summary: 'Make an API key',
    notes: 'It is shown in this answer and nowhere else. A client’s key can only read.',
    body: { schema: createKeySchema },
    answers: { 201: json('The key.', createdKeySchema) },
  },
  {
    route: 'DELETE /v1/keys/{id}',
    caller: 'operator',
    summary: 'Revoke an API key',
    answers: { 204: nothing('It opens nothing any more.') },
  },
  {
    route: 'POST /v1/secrets/reseal',
    caller: 'operator',
    summary: 'Seal every secret under the current SECRET_KEY',
    notes:
      'When every process runs with the new key; `SECRET_KEY_PREVIOUS` is needed no more afterwards. Safe to repeat.',
    answers: { 200: json('What was done.', resealAnswerSchema) },
  },
  {
    route: 'GET /v1/audit',
    caller: 'operator',
    summary: 'List changes, newest first',
    query: pageQuerySchema,
    answers: { 200: json('One page.', auditAnswerSchema) },
  },
  {
    route: 'GET /v1/notices',
    caller: 'operator',
    summary: 'List what there was to tell of the tenants, newest first',
    notes: 'Also what nobody could be told, since a tenant has no `alerts`.',
    query: pageQuerySchema,
    answers: { 200: json('One page.', noticesAnswerSchema) },
  },
  {
    route: 'POST /v1/reconcile',
    caller: 'operator',
    summary: 'Compare the ledger with Vapi’s books',
    notes: 'Adds and corrects what the ledger lacks, and says what was different.',
    body: { schema: reconcileSchema },
    answers: { 200: json('The drift.', driftReportSchema) },
    refusals: ['vapi_unavailable'],
  },
  {
    route: 'POST /v1/webhooks/vapi/{tenant}',
    caller: 'vapi',
    summary: 'Take a server message of Vapi’s',
    notes:
      'The body is Vapi’s, at most 5 MB; one that is signed has four seconds to arrive, and is refused with 408 after that. 200 means that it is in the ledger. Messages that want an answer are passed to the tenant’s own server, whose status and body are the answer.',
    answers: { 200: json('Taken, or the answer of the tenant’s own server.', z.looseObject({})) },
    relays: 'What the tenant’s own server answered to a message that wants an answer.',
    refusals: [
      'unauthorized',
      'request_timeout',
      'rate_limited',
      'payload_too_large',
      'forward_failed',
      'conflict',
    ],
  },
  {
    route: 'POST /v1/webhooks/stripe',
    caller: 'stripe',
    summary: 'Take an event of Stripe’s',
    notes:
      'The body is Stripe’s, at most 1 MB; it has four seconds to arrive, and is refused with 408 after that.',
    answers: { 200: json('Taken.', z.object({})) },
    refusals: ['unauthorized', 'request_timeout', 'rate_limited', 'payload_too_large', 'stripe_unavailable'],
  },
  {
    route: 'GET /openapi.json',
    caller: 'anyone',
    summary: 'Read this document',
    answers: { 200: json('OpenAPI 3.1.', z.looseObject({ openapi: z.string() })) },
  },
  {
    route: 'GET /healthz',
    caller: 'anyone',
    summary: 'Ask whether the process lives',
    answers: { 200: json('It lives.', healthSchema) },
  },
  {
    route: 'GET /readyz',
    caller: 'anyone',
    summary: 'Ask whether the server takes requests and its database takes writes',
    answers: {
      200: json('It does.', healthSchema),
      503: json('It does not, or the server is about to stop.', healthSchema),
    },
  },
  {
    route: 'GET /metrics',
    caller: 'operator',
    summary: 'Read the counters',
    answers: { 200: plain('In the Prometheus text format.', 'text/plain') },
  },
];
