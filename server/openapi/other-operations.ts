/** Keys, the audit log, reconciliation, webhooks, and what monitors ask. */
import { z } from 'zod';
import {
  auditAnswerSchema,
  clientDefaultsSchema,
  createdKeySchema,
  createKeySchema,
  driftReportSchema,
  healthSchema,
  keysAnswerSchema,
  noticesAnswerSchema,
  pageQuerySchema,
  reconcileSchema,
  resealAnswerSchema,
  updateClientDefaultsSchema,
} from '../contract.ts';
import { json, nothing, type Operation, plain } from './operation.ts';

export const otherOperations: Operation[] = [
  {
    route: 'GET /v1/client-defaults',
    caller: 'operator',
    summary: 'Read what new clients get',
    answers: { 200: json('Limits and plan.', clientDefaultsSchema) },
  },
  {
    route: 'PATCH /v1/client-defaults',
    caller: 'operator',
    summary: 'Change what new clients get',
    notes: 'What is left out stays unchanged. Clients that exist keep what they have.',
    body: { schema: updateClientDefaultsSchema },
    answers: { 200: json('Limits and plan as they are now.', clientDefaultsSchema) },
  },
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
    summary: 'Create an API key',
    notes: 'It is shown in this answer and nowhere else. A client’s key can only read.',
    body: { schema: createKeySchema },
    answers: { 201: json('The key.', createdKeySchema) },
  },
  {
    route: 'DELETE /v1/keys/{id}',
    caller: 'operator',
    summary: 'Revoke an API key',
    answers: { 204: nothing('It no longer works.') },
  },
  {
    route: 'POST /v1/secrets/reseal',
    caller: 'operator',
    summary: 'Seal every secret under the current SECRET_KEY',
    notes:
      'Call it once every process runs with the new key; afterwards `SECRET_KEY_PREVIOUS` is no longer needed. Safe to repeat.',
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
    summary: 'List notices about the tenants, newest first',
    notes: 'Including those that were sent to no one, because a tenant has no `alerts`.',
    query: pageQuerySchema,
    answers: { 200: json('One page.', noticesAnswerSchema) },
  },
  {
    route: 'POST /v1/reconcile',
    caller: 'operator',
    summary: 'Compare the ledger with Vapi’s books',
    notes: 'Adds and corrects what the ledger lacks, and reports what differed.',
    body: { schema: reconcileSchema },
    answers: { 200: json('The drift.', driftReportSchema) },
    refusals: ['vapi_unavailable'],
  },
  {
    route: 'POST /v1/webhooks/vapi/{tenant}',
    caller: 'vapi',
    summary: 'Receive a server message from Vapi',
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
  },
  {
    route: 'POST /v1/webhooks/stripe',
    caller: 'stripe',
    summary: 'Receive an event from Stripe',
    notes: 'The body is Stripe’s, at most 1 MB; it must arrive within four seconds, or is refused with 408.',
    answers: { 200: json('Received.', z.object({})) },
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
    summary: 'Check whether the process is alive',
    answers: { 200: json('It is.', healthSchema) },
  },
  {
    route: 'GET /readyz',
    caller: 'anyone',
    summary: 'Check whether the server accepts requests and its database accepts writes',
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
