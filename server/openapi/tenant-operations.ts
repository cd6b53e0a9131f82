/** Tenants, their usage, and the code for their pages. */
import * as contract from '../contract.ts';
import { csv, json, nothing, type Operation, operator, tenant } from './operation.ts';

const audio = { media: { 'audio/*': { type: 'string', format: 'binary' } } };

export const tenantOperations: Operation[] = [
  operator('GET /v1/tenants', 'List tenants', {
    notes: 'By slug.',
    query: contract.tenantsQuerySchema,
    answers: { 200: json('One page.', contract.tenantsAnswerSchema) },
  }),
  operator('POST /v1/tenants', 'Add a tenant', {
    notes:
      'Key, org and assistants are checked with Vapi first. Secrets that were generated are shown in this answer and nowhere else.',
    body: { schema: contract.createTenantSchema },
    answers: {
      201: json('The tenant.', contract.createdTenantSchema, { headers: { Location: 'Its path.' } }),
    },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('POST /v1/vapi/look', 'List what a private key opens at Vapi', {
    notes:
      'To add a tenant by choosing names. Nothing is changed, and the key is neither stored nor answered; a key that Vapi refuses is reported as an error of `privateKey`.',
    body: { schema: contract.vapiLookSchema },
    answers: { 200: json('The organization.', contract.vapiLookAnswerSchema) },
    refusals: ['vapi_unavailable'],
  }),
  operator('GET /v1/tenants/{slug}', 'Read a tenant', {
    answers: { 200: json('The tenant; secrets as `"…last4"`.', contract.tenantViewSchema) },
  }),
  operator('PATCH /v1/tenants/{slug}', 'Change a tenant', {
    notes: 'What is left out stays unchanged. A new key, org or assistant is checked with Vapi first.',
    body: { schema: contract.updateTenantSchema },
    answers: { 200: json('The tenant as it is now.', contract.savedTenantSchema) },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('DELETE /v1/tenants/{slug}', 'Delete a tenant', {
    notes:
      'Its assistants are pointed back at the servers that they had before it was wired. Its keys stop working and its calls in progress are ended; its ledger and invoices remain.',
    answers: { 204: nothing('Deleted.') },
  }),
  operator('POST /v1/tenants/{slug}/pause', 'Pause a tenant', {
    notes:
      'Refuses new sessions and calls, invalidates those already issued, and ends the calls in progress.',
    answers: { 200: json('The tenant, and what happened to its calls.', contract.pausedTenantSchema) },
  }),
  operator('POST /v1/tenants/{slug}/resume', 'Resume a paused tenant', {
    answers: { 200: json('The tenant.', contract.tenantViewSchema) },
  }),
  operator('GET /v1/tenants/{slug}/setup', 'See what is left of a tenant’s set-up', {
    notes: 'From facts alone: nothing is ticked off by hand.',
    answers: { 200: json('The steps.', contract.setupAnswerSchema) },
  }),
  operator('POST /v1/tenants/{slug}/talk', 'Create a link to talk to a tenant’s agent', {
    notes:
      'To a page on the host of `TALK_URL` that works for ten minutes, without the snippet and on none of the tenant’s pages. A call from there is like a visitor’s, in every limit, in the ledger and on the invoice; only the challenge is skipped. `conflict` without `TALK_URL`.',
    answers: { 201: json('The link.', contract.talkLinkSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/tenants/{slug}/vapi', 'List what a tenant’s private key opens at Vapi', {
    notes: 'As `POST /v1/vapi/look` does for a key that is not stored.',
    answers: { 200: json('The organization.', contract.vapiLookAnswerSchema) },
    refusals: ['invalid_request', 'vapi_unavailable'],
  }),
  operator('POST /v1/tenants/{slug}/vapi-key', 'Make a tenant’s public key at Vapi', {
    notes:
      'For the access mode `public-key`: a key restricted to the tenant’s exact origins and its assistant, without transient assistants. It is kept in step with the settings. When this server made the key before, that one is then deleted at Vapi. The access mode does not change. Whether Vapi enforces the origins is what a test call of the doctor shows.',
    answers: { 200: json('What was made, or how to do it by hand.', contract.publicKeyAnswerSchema) },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('DELETE /v1/tenants/{slug}/vapi-key', 'Revoke a tenant’s public key', {
    notes:
      'Browsers no longer get it, whether or not Vapi can be reached. A key that this server made is deleted at Vapi, which is tried again until it succeeds; one entered by hand must be deleted there by hand.',
    answers: { 200: json('What remains to be done.', contract.publicKeyAnswerSchema) },
    refusals: ['conflict'],
  }),
  operator('GET /v1/tenants/{slug}/identity-key', 'See whether a tenant’s site can sign identities', {
    answers: { 200: json('The key as `"…last4"`.', contract.identityKeyViewSchema) },
  }),
  operator('POST /v1/tenants/{slug}/identity-key', 'Make a tenant’s identity key', {
    notes:
      'The client’s site signs with it who a visitor is (the element’s attribute `identity`). A key that existed before is accepted for a while longer. `conflict` while a key before that one is still accepted.',
    body: { schema: contract.makeIdentityKeySchema, optional: true },
    answers: { 201: json('The key.', contract.madeIdentityKeySchema) },
    refusals: ['conflict'],
  }),
  operator('DELETE /v1/tenants/{slug}/identity-key', 'Remove a tenant’s identity key', {
    notes: 'From then on every identity is refused, so take the attribute off the site first.',
    answers: { 204: nothing('Removed.') },
    refusals: ['conflict'],
  }),
  operator('GET /v1/tenants/{slug}/blocked-origins', 'List the pages that were refused', {
    answers: { 200: json('The origins, the most recent first.', contract.blockedOriginsAnswerSchema) },
  }),
  operator('POST /v1/tenants/{slug}/allowed-origins', 'Allow one more page', {
    body: { schema: contract.allowOriginSchema },
    answers: { 200: json('The tenant.', contract.savedTenantSchema) },
  }),
  operator('POST /v1/tenants/{slug}/wire', 'Point the assistants at this server', {
    notes: 'Their messages are then forwarded to where they pointed before.',
    query: contract.wireQuerySchema,
    body: { schema: contract.wireRequestSchema, optional: true },
    answers: {
      200: json('What was changed, or would be, and what Vapi shows then.', contract.wireAnswerSchema),
    },
    refusals: ['vapi_unavailable', 'conflict'],
  }),
  operator('GET /v1/tenants/{slug}/wiring', 'See whether the assistants report here', {
    notes:
      'As read at Vapi in the last 20 minutes, and from the reports that have come. Asks nothing of Vapi.',
    answers: {
      200: json('All assistants of the tenant, and all that were wired.', contract.wiringAnswerSchema),
    },
  }),
  operator('POST /v1/tenants/{slug}/doctor', 'Check a tenant’s connection to Vapi', {
    notes:
      'A row for each thing that calls and their booking need. Without `testCall` it only reads. One run at a time for each tenant: another one is answered with `conflict`.',
    body: { schema: contract.doctorRequestSchema, optional: true },
    answers: { 200: json('What was found, also when rows failed.', contract.doctorAnswerSchema) },
    refusals: ['conflict'],
  }),
  operator('POST /v1/tenants/{slug}/unwire', 'Point the assistants back', {
    notes:
      'Each assistant that reports here goes back to the server that it had before, and is no longer watched. Its calls are then booked by comparison with Vapi only.',
    answers: { 200: json('What Vapi shows after the change.', contract.unwireAnswerSchema) },
    refusals: ['vapi_unavailable', 'conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/snippet', 'Get the code for the tenant’s pages', {
    query: contract.snippetQuerySchema,
    answers: {
      200: json('The snippet and where it goes.', contract.snippetViewSchema, {
        media: { 'text/plain': { type: 'string', description: 'The snippet alone.' } },
        headers: { 'X-Origin-Allowed': 'With `text/plain` and `origin`: `true` or `false`.' },
      }),
    },
  }),
  tenant('GET /v1/tenants/{slug}/own-settings', 'Read what a client may change itself', {
    answers: {
      200: json('Its settings.', contract.ownSettingsSchema, { headers: { ETag: 'The `version`, quoted.' } }),
    },
  }),
  tenant('PATCH /v1/tenants/{slug}/own-settings', 'Change a client’s own settings', {
    notes:
      'For the operator, and for a client’s sign-in that may write. With `If-Match`, the quoted `version`, the change is refused with `conflict` when someone else has changed these settings since.',
    body: { schema: contract.changeOwnSettingsSchema },
    answers: {
      200: json('The settings as they are now.', contract.ownSettingsSchema, {
        headers: { ETag: 'The `version`, quoted.' },
      }),
    },
    refusals: ['conflict'],
  }),
  tenant('GET /v1/tenants/{slug}/usage', 'Sum up usage', {
    notes: 'Days are days in the tenant’s time zone, periods half-open. A client sees no cost.',
    query: contract.usageQuerySchema,
    answers: { 200: json('The sums.', contract.usageAnswerSchema, csv('in dollars')) },
  }),
  tenant('GET /v1/tenants/{slug}/calls', 'List calls', {
    notes: 'Newest first. As CSV all of them, without pages.',
    query: contract.callsQuerySchema,
    answers: { 200: json('One page.', contract.callsAnswerSchema, csv('in dollars')) },
  }),
  tenant('GET /v1/tenants/{slug}/outcomes', 'Sum up outcomes', {
    notes:
      'By day, in the tenant’s time zone, as calls are judged: each by the version of the outcome in force when it was created. Text messages are not judged.',
    query: contract.outcomesQuerySchema,
    answers: { 200: json('The sums.', contract.outcomesAnswerSchema, csv('in dollars')) },
  }),
  operator('GET /v1/tenants/{slug}/outcome', 'Read which calls count', {
    answers: { 200: json('The versions.', contract.outcomeAnswerSchema) },
  }),
  operator('PUT /v1/tenants/{slug}/outcome', 'Define which calls count', {
    notes:
      'Adds a version for calls created from now on; those before keep theirs. The same once more changes nothing.',
    body: { schema: contract.setOutcomeSchema },
    answers: { 200: json('The versions.', contract.outcomeAnswerSchema) },
  }),
  operator('DELETE /v1/tenants/{slug}/outcome', 'Stop counting outcomes', {
    notes: 'For calls created from now on; what is counted remains.',
    answers: { 200: json('The versions.', contract.outcomeAnswerSchema) },
  }),
  operator('POST /v1/tenants/{slug}/outcome/try', 'Try an outcome on past calls', {
    notes: 'Judges the latest calls by what is kept of them. Nothing is changed; the audit log names it.',
    body: { schema: contract.tryOutcomeSchema },
    answers: { 200: json('Which would count.', contract.triedOutcomeSchema) },
  }),
  tenant('GET /v1/tenants/{slug}/calls/{id}', 'Read a call', {
    query: contract.callQuerySchema,
    answers: { 200: json('The call.', contract.callDetailSchema) },
  }),
  tenant('GET /v1/tenants/{slug}/calls/{id}/transcript', 'Read what was said', {
    notes: 'Fetched from Vapi at that moment, never stored here.',
    answers: { 200: json('The lines.', contract.transcriptAnswerSchema) },
    refusals: ['vapi_unavailable'],
  }),
  tenant('GET /v1/tenants/{slug}/calls/{id}/recording', 'Get the recording of a call', {
    notes:
      'Fetched from Vapi at that moment, never stored here. `not_ready` while Vapi is still storing it, or the call goes on: try again after `Retry-After`. `not_found`, with a `detail`, when there is none. A `Range` of bytes is passed on, so that players can seek.',
    query: contract.recordingQuerySchema,
    answers: {
      200: { what: 'The audio, as Vapi stores it.', ...audio },
      206: { what: 'The range of it that was asked for.', ...audio },
      416: { what: 'It has no such range; `Content-Range` has its length.' },
    },
    refusals: ['not_ready', 'vapi_unavailable'],
  }),
  tenant('GET /v1/tenants/{slug}/call-reads', 'List who has read or heard which call', {
    notes: 'Newest first; each reader, call and kind once an hour at most.',
    query: contract.callReadsQuerySchema,
    answers: { 200: json('One page.', contract.callReadsAnswerSchema) },
  }),
  tenant('POST /v1/tenants/{slug}/callers/find', 'Find a caller’s calls', {
    notes:
      'By the number or e-mail address that Vapi reported with a call, that its page passed to it, or that its analysis extracted. Only keyed hashes of them are stored, so that calls from before this version, or from before a `SECRET_KEY` that is no longer in `SECRET_KEY_PREVIOUS`, are not found.',
    body: { schema: contract.findCallerSchema },
    answers: { 200: json('One page.', contract.foundCallerSchema) },
  }),
  tenant('POST /v1/tenants/{slug}/callers/export', 'Export a caller’s data', {
    notes: 'One file with all that is kept of the calls, here and at Vapi. Each call counts as read.',
    body: { schema: contract.callerRequestSchema },
    answers: { 200: json('The file.', contract.callerExportSchema) },
  }),
  tenant('POST /v1/tenants/{slug}/callers/erase', 'Erase a caller’s data', {
    notes:
      'What was said in at most 100 of the calls, the newest first, at Vapi and here. Times, cost and the evidence of consent remain.',
    body: { schema: contract.eraseCallerSchema },
    answers: { 200: json('What is deleted.', contract.erasedCallerSchema) },
    refusals: ['vapi_unavailable'],
  }),
  operator('POST /v1/tenants/{slug}/calls/{id}/dismiss', 'Dismiss a call that Vapi never had', {
    notes:
      'One that only a webhook has reported, made up by someone who knows the webhook secret. Vapi is asked about it once more; the answer is `conflict` when Vapi knows it, or has ever listed it. Once dismissed, it counts for nothing, and is no longer named when months are closed or books compared. If Vapi lists it later, it is booked.',
    answers: { 200: json('The call.', contract.callViewSchema) },
    refusals: ['conflict', 'vapi_unavailable'],
  }),
  operator('DELETE /v1/tenants/{slug}/calls/{id}/content', 'Delete what was said', {
    notes:
      'At Vapi; the ledger keeps times and cost. `visitor` means all calls from the same network as this one.',
    body: { schema: contract.deleteContentSchema, optional: true },
    answers: { 200: json('What is deleted.', contract.deletedContentSchema) },
    refusals: ['vapi_unavailable'],
  }),
];
