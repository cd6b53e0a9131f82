/** What visitors leave when no one can talk to them. */
import * as contract from '../contract.ts';
import { json, nothing, type Operation, tenant, visitor } from './operation.ts';

export const leadOperations: Operation[] = [
  visitor('POST /v1/leads', 'Leave a message', {
    notes:
      'Only where the tenant’s `leads` are on (otherwise `not_found`), and whatever refuses a call: closed, paused, at the limit. Where a session needs a solved challenge, so does this. A form that is sent twice with one `id` is one lead. Limited to 5 an hour and 10 a day per network, and to `leads.perDay` in all.',
    body: { schema: contract.leadRequestSchema },
    answers: { 204: nothing('Kept, and sent to the client.') },
    refusals: ['origin_not_allowed', 'challenge_required', 'rate_limited', 'not_found'],
  }),
  tenant('GET /v1/tenants/{slug}/leads', 'List leads', {
    notes: 'What visitors left when no one could talk to them. Sealed in the database.',
    query: contract.leadsQuerySchema,
    answers: {
      200: json('One page.', contract.leadsAnswerSchema, {
        media: { 'text/csv': { type: 'string', description: 'UTF-8 with a BOM, CRLF; all of them.' } },
      }),
    },
  }),
  tenant('PATCH /v1/tenants/{slug}/leads/{id}', 'Change a lead', {
    notes: 'Its state, and a note of the people who answer.',
    body: { schema: contract.changeLeadSchema },
    answers: { 200: json('The lead as it is now.', contract.leadViewSchema) },
  }),
  tenant('DELETE /v1/tenants/{slug}/leads/{id}', 'Delete a lead', {
    answers: { 204: nothing('Deleted.') },
  }),
];
