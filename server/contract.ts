/**
 * The shapes of the HTTP API under `/v1`, as zod schemas with the types inferred from them, one file per subject.
 *
 * The widget and the portal import types from here and nothing else of the server (but `currency.ts`). Money: `…Micros` are integer
 * millionths of a US dollar (Vapi's currency). Times on the wire are ISO-8601 UTC strings. Periods are half-open.
 */
export * from './contract/answers.ts';
export * from './contract/attention.ts';
export * from './contract/billing.ts';
export * from './contract/billing-accounts.ts';
export * from './contract/books.ts';
export * from './contract/call-list.ts';
export * from './contract/client-access.ts';
export * from './contract/client-defaults.ts';
export * from './contract/client-list.ts';
export * from './contract/closes.ts';
export * from './contract/doctor.ts';
export * from './contract/errors.ts';
export * from './contract/identity.ts';
export * from './contract/invoices.ts';
export * from './contract/keys.ts';
export * from './contract/leads.ts';
export * from './contract/limits.ts';
export * from './contract/notices.ts';
export * from './contract/outcomes.ts';
export * from './contract/own-settings.ts';
export * from './contract/page-tools.ts';
export * from './contract/passkeys.ts';
export * from './contract/people.ts';
export * from './contract/permissions.ts';
export * from './contract/phone.ts';
export * from './contract/plan-presets.ts';
export * from './contract/plans.ts';
export * from './contract/privacy.ts';
export * from './contract/public-key.ts';
export * from './contract/queries.ts';
export * from './contract/reconcile.ts';
export * from './contract/results.ts';
export * from './contract/route-permissions.ts';
export * from './contract/search.ts';
export * from './contract/setup.ts';
export * from './contract/sign-in.ts';
export * from './contract/snippet.ts';
export * from './contract/tenants.ts';
export * from './contract/usage.ts';
export * from './contract/vapi-look.ts';
export * from './contract/visitor.ts';
export * from './contract/wallet.ts';
export * from './contract/webhooks.ts';
export * from './contract/widget.ts';
export * from './contract/words.ts';
