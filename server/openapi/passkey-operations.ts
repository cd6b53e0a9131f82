/** Passkeys: adding and removing one's own, and signing in with one; and signing in through OpenID Connect. */
import * as contract from '../contract.ts';
import { anyone, json, nothing, type Operation, plain, tenant } from './operation.ts';

export const passkeyOperations: Operation[] = [
  tenant('GET /v1/me/passkeys', 'List your passkeys', {
    notes: 'Empty for a key, and for a sign-in without a person.',
    answers: { 200: json('The oldest first.', contract.passkeysAnswerSchema) },
  }),
  tenant('POST /v1/me/passkeys/options', 'Begin to add a passkey', {
    notes:
      'For a person who has signed in within the last hour. The challenge works once, for five minutes, and replaces an earlier one.',
    answers: { 200: json('What the browser is asked for.', contract.passkeyOptionsSchema) },
    refusals: ['conflict'],
  }),
  tenant('POST /v1/me/passkeys', 'Add a passkey', {
    notes:
      'With the browser’s answer. It opens what the sign-in that adds it does: after an invitation that one place, otherwise all of the person’s.',
    body: { schema: contract.addPasskeySchema },
    answers: { 201: json('The passkey.', contract.passkeyViewSchema) },
    refusals: ['conflict', 'payload_too_large'],
  }),
  tenant('PATCH /v1/me/passkeys/{id}', 'Rename one of your passkeys', {
    body: { schema: contract.renamePasskeySchema },
    answers: { 204: nothing('Renamed.') },
  }),
  tenant('DELETE /v1/me/passkeys/{id}', 'Remove one of your passkeys', {
    notes: 'It no longer signs in; sessions that it began stay.',
    answers: { 204: nothing('Removed.') },
  }),
  anyone('POST /v1/passkey-sign-in/options', 'Begin to sign in with a passkey', {
    notes:
      'From a page of this server only. The same for everyone: it names no person. The challenge works once, for five minutes, in the browser that requested it.',
    answers: {
      200: json('What the browser is asked for.', contract.passkeyOptionsSchema, {
        headers: { 'Set-Cookie': 'Binds the challenge to this browser.' },
      }),
    },
    refusals: ['forbidden', 'rate_limited'],
  }),
  anyone('POST /v1/passkey-sign-in', 'Sign in with a passkey', {
    notes: 'From a page of this server only. `forbidden` is the same for every reason.',
    body: { schema: contract.passkeySignInSchema },
    answers: {
      200: json('Signed in.', contract.passkeySignedInSchema, { headers: { 'Set-Cookie': 'The sign-in.' } }),
    },
    refusals: ['forbidden', 'rate_limited', 'payload_too_large'],
  }),
  anyone('GET /portal/sso', 'Sign in through OpenID Connect', {
    notes: 'For the operator’s own staff, if `OIDC_ISSUER` is set.',
    answers: {
      303: {
        what: 'To the issuer.',
        headers: { Location: 'The issuer.', 'Set-Cookie': 'Binds the answer.' },
      },
      503: plain('A page that says that the issuer cannot be reached.', 'text/html'),
    },
    refusals: ['not_found', 'rate_limited'],
  }),
  anyone('GET /portal/sso/callback', 'Come back from the OpenID Connect issuer', {
    notes: 'Works once, in the browser that was sent there, within ten minutes.',
    answers: {
      303: { what: 'Signed in.', headers: { Location: 'The portal.', 'Set-Cookie': 'The sign-in.' } },
      403: plain('A page that says why not.', 'text/html'),
      503: plain('A page that says that the issuer cannot be reached.', 'text/html'),
    },
    refusals: ['not_found', 'rate_limited'],
  }),
];
