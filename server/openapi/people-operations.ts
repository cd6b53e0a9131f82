/** The operator's team, each client's people, their invitations and sessions. */
import { z } from 'zod';
import * as contract from '../contract.ts';
import { anyone, json, nothing, type Operation, operator, plain, tenant } from './operation.ts';

const page = plain('The page.', 'text/html');
const token = z.object({ token: z.string().describe('From the link; it works once.') });
const client = '/v1/tenants/{slug}';

/** The same for the team and for a client's people. */
const shared = (by: typeof operator, base: '/v1' | typeof client): Operation[] => [
  by(`GET ${base}/users`, 'List who belongs here', {
    notes: 'The newest first.',
    query: contract.membersQuerySchema,
    answers: { 200: json('One page.', contract.membersAnswerSchema) },
  }),
  by(`PATCH ${base}/users/{id}`, 'Change a role', {
    notes:
      'Works at the person’s next request. `conflict` when someone else has changed it since `version`, or no owner would remain.',
    body: { schema: contract.changeRoleSchema },
    answers: { 204: nothing('Changed.') },
    refusals: ['conflict'],
  }),
  by(`DELETE ${base}/users/{id}`, 'Remove someone', {
    notes:
      'Ends the sign-ins there, and the invitations that this person has sent. Someone who belongs nowhere else is deleted. `conflict` when no owner would remain.',
    answers: { 204: nothing('Removed.') },
    refusals: ['conflict'],
  }),
  by(`GET ${base}/invitations`, 'List invitations', {
    notes: 'The newest first, also those that have expired.',
    query: contract.pageQuerySchema,
    answers: { 200: json('One page.', contract.invitationsAnswerSchema) },
  }),
  by(`POST ${base}/invitations`, 'Invite someone', {
    notes:
      'By e-mail if `SMTP_URL` is set, with a link that works once within seven days. Takes the place of an older invitation for the same address.',
    body: { schema: contract.inviteSchema },
    answers: { 201: json('The invitation.', contract.sentInvitationSchema) },
    refusals: ['conflict'],
  }),
  by(`POST ${base}/invitations/{id}/resend`, 'Send an invitation again', {
    notes: 'With a new link for seven more days; the old one no longer works.',
    answers: { 201: json('The new invitation.', contract.sentInvitationSchema) },
    refusals: ['conflict'],
  }),
  by(`DELETE ${base}/invitations/{id}`, 'Revoke an invitation', { answers: { 204: nothing('Revoked.') } }),
];

export const peopleOperations: Operation[] = [
  ...shared(operator, '/v1'),
  operator('POST /v1/users', 'Add someone to the operator’s team', {
    notes:
      'Without an invitation, such as the first owner. This person then requests a link on the sign-in page.',
    body: { schema: contract.createUserSchema },
    answers: { 201: json('The person.', contract.memberSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/users/{id}/disable', 'Disable a person', {
    notes: 'Anyone, by id: all sign-ins end at once, and none can begin. Safe to repeat.',
    answers: { 204: nothing('Disabled.') },
    refusals: ['conflict'],
  }),
  operator('POST /v1/users/{id}/enable', 'Enable a person again', { answers: { 204: nothing('Enabled.') } }),
  ...shared(tenant, client),
  operator(`POST ${client}/view-as`, 'See the portal as the client does', {
    notes:
      'For an hour, or until it is stopped, this sign-in is answered as a client’s with that role, which cannot change anything.',
    body: { schema: contract.viewAsSchema, optional: true },
    answers: { 204: nothing('Begun.') },
  }),
  tenant('DELETE /v1/me/view', 'Stop seeing the portal as a client', {
    answers: { 204: nothing('Stopped.') },
  }),
  tenant('GET /v1/me/sessions', 'List your sessions', {
    notes: 'Empty for a key, and for a sign-in without a person.',
    answers: { 200: json('The one used last first.', contract.sessionsAnswerSchema) },
  }),
  tenant('DELETE /v1/me/sessions', 'End all your other sessions', { answers: { 204: nothing('Ended.') } }),
  tenant('DELETE /v1/me/sessions/{id}', 'End one of your sessions', { answers: { 204: nothing('Ended.') } }),
  tenant('POST /v1/me/place', 'Change to another client, or to the operator’s portal', {
    notes: 'For a person who belongs there; a sign-in by an invitation cannot change.',
    body: { schema: contract.choosePlaceSchema },
    answers: { 204: nothing('Changed.') },
  }),
  anyone('GET /portal/link', 'Open the sign-in page', { answers: { 200: page } }),
  anyone('POST /portal/link', 'Have a sign-in link e-mailed', {
    notes: 'From that page only. The answer is the same for every address.',
    answers: { 200: page, 400: plain('The page, with what was wrong.', 'text/html') },
    refusals: ['forbidden', 'rate_limited', 'payload_too_large'],
  }),
  anyone('GET /portal/invitation', 'Open an invitation', {
    notes: 'A page with a button: opening it alone does not use up the link.',
    query: token,
    answers: { 200: page, 404: plain('A page that says that it does not work.', 'text/html') },
    refusals: ['rate_limited'],
  }),
  anyone('POST /portal/invitation', 'Accept an invitation', {
    notes: 'From that page only.',
    query: token,
    answers: {
      303: { what: 'Signed in.', headers: { Location: 'The portal.', 'Set-Cookie': 'The sign-in.' } },
      404: plain('A page that says that it does not work.', 'text/html'),
    },
    refusals: ['forbidden', 'rate_limited'],
  }),
  anyone('GET /portal/choose', 'Choose between several clients', {
    answers: {
      200: page,
      303: { what: 'There is nothing to choose.', headers: { Location: 'The portal.' } },
    },
  }),
  anyone('POST /portal/choose', 'Change to another client on that page', {
    answers: { 303: { what: 'Changed.', headers: { Location: 'The portal.' } } },
    refusals: ['forbidden', 'not_found', 'payload_too_large'],
  }),
];
