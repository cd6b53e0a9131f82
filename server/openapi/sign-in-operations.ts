/** Signing in to the portal. */
import { z } from 'zod';
import * as contract from '../contract.ts';
import { anyone, json, nothing, type Operation, operator, plain, tenant } from './operation.ts';

const tokenQuery = z.object({ token: z.string().describe('From the link; it works once.') });

export const signInOperations: Operation[] = [
  operator('POST /v1/sign-in-links', 'Create a link to the portal', {
    notes: 'It works once, and is shown in this answer and nowhere else.',
    body: { schema: contract.createSignInLinkSchema, optional: true },
    answers: { 201: json('The link.', contract.signInLinkAnswerSchema) },
  }),
  tenant('GET /v1/me', 'Read who is signed in', {
    answers: { 200: json('Who is calling, and what they may do.', contract.meAnswerSchema) },
  }),
  tenant('POST /v1/sign-out', 'End a sign-in, or all of them', {
    body: { schema: contract.signOutSchema, optional: true },
    answers: { 204: nothing('Ended.') },
  }),
  anyone('GET /portal/sign-in', 'Open a sign-in link', {
    notes: 'A page with a button: opening it alone does not use up the link.',
    query: tokenQuery,
    answers: {
      200: plain('The page.', 'text/html'),
      404: plain('A page that says that the link was used or has expired.', 'text/html'),
    },
    refusals: ['rate_limited'],
  }),
  anyone('POST /portal/sign-in', 'Sign in with a link', {
    notes: 'From that page only.',
    query: tokenQuery,
    answers: {
      303: { what: 'Signed in.', headers: { Location: 'The portal.', 'Set-Cookie': 'The sign-in.' } },
      404: plain('A page that says that the link was used or has expired.', 'text/html'),
    },
    refusals: ['forbidden', 'rate_limited'],
  }),
];
