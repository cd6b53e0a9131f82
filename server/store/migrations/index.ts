/** The schema's history, ordered by name. Forward only: a migration that has been released is never edited. */
import type { Migration } from 'kysely/migration';
import { initial } from './0001-initial.ts';
import { billing } from './0002-billing.ts';
import { feedback } from './0003-feedback.ts';
import { forwarding } from './0004-forwarding.ts';
import { overdue } from './0005-overdue.ts';
import { billingLocks } from './0006-billing-locks.ts';
import { signIns } from './0007-sign-ins.ts';
import { leftCalls } from './0008-left-calls.ts';
import { frozenDocuments } from './0009-frozen-documents.ts';
import { consentEvidence } from './0010-consent-evidence.ts';
import { callsWithoutFigures } from './0011-calls-without-figures.ts';
import { stripePushes } from './0012-stripe-pushes.ts';
import { signInsOfKeys } from './0013-sign-ins-of-keys.ts';
import { wholeOrg } from './0014-whole-org.ts';
import { callOwners } from './0015-call-owners.ts';
import { unassignedCalls } from './0016-unassigned-calls.ts';
import { turns } from './0017-turns.ts';
import { chatContent } from './0018-chat-content.ts';
import { unwirings } from './0019-unwirings.ts';
import { unpaidPauses } from './0020-unpaid-pauses.ts';
import { stripeAttempts } from './0021-stripe-attempts.ts';
import { appendOnlyBooks } from './0022-append-only-books.ts';
import { invoiceBooks } from './0023-invoice-books.ts';
import { creditNoteRequests } from './0024-credit-note-requests.ts';
import { guardedBooks } from './0025-guarded-books.ts';
import { implausibleCosts } from './0032-implausible-costs.ts';
import { visitorSites } from './0033-visitor-sites.ts';
import { unconfirmedCalls } from './0034-unconfirmed-calls.ts';
import { outboxLimits } from './0035-outbox-limits.ts';
import { unwantedCalls } from './0036-unwanted-calls.ts';
import { reservationKinds } from './0038-reservation-kinds.ts';
import { wirings } from './0040-wirings.ts';
import { setupSteps } from './0041-setup-steps.ts';
import { clientDefaults } from './0042-client-defaults.ts';
import { publicKeyAtVapi } from './0043-public-key-at-vapi.ts';
import { squads } from './0044-squads.ts';
import { tenantMonths } from './0045-tenant-months.ts';
import { closeRuns } from './0046-close-runs.ts';
import { sweepTurns } from './0047-sweep-turns.ts';
import { startCounts } from './0048-start-counts.ts';
import { people } from './0049-people.ts';
import { clientAccess } from './0052-client-access.ts';
import { privacy } from './0053-privacy.ts';
import { callsByTime } from './0054-calls-by-time.ts';
import { passkeys } from './0055-passkeys.ts';
import { invoiceList } from './0056-invoice-list.ts';
import { callResults } from './0062-call-results.ts';
import { identities } from './0066-identities.ts';
import { leads } from './0067-leads.ts';
import { wallets } from './0068-wallets.ts';
import { phone } from './0069-phone.ts';
import { callLanguage } from './0070-call-language.ts';
import { outcomes } from './0071-outcomes.ts';

export const migrations: Record<string, Migration> = {
  '0001-initial': initial,
  '0002-billing': billing,
  '0003-feedback': feedback,
  '0004-forwarding': forwarding,
  '0005-overdue': overdue,
  '0006-billing-locks': billingLocks,
  '0007-sign-ins': signIns,
  '0008-left-calls': leftCalls,
  '0009-frozen-documents': frozenDocuments,
  '0010-consent-evidence': consentEvidence,
  '0011-calls-without-figures': callsWithoutFigures,
  '0012-stripe-pushes': stripePushes,
  '0013-sign-ins-of-keys': signInsOfKeys,
  '0014-whole-org': wholeOrg,
  '0015-call-owners': callOwners,
  '0016-unassigned-calls': unassignedCalls,
  '0017-turns': turns,
  '0018-chat-content': chatContent,
  '0019-unwirings': unwirings,
  '0020-unpaid-pauses': unpaidPauses,
  '0021-stripe-attempts': stripeAttempts,
  '0022-append-only-books': appendOnlyBooks,
  '0023-invoice-books': invoiceBooks,
  '0024-credit-note-requests': creditNoteRequests,
  '0025-guarded-books': guardedBooks,
  '0032-implausible-costs': implausibleCosts,
  '0033-visitor-sites': visitorSites,
  '0034-unconfirmed-calls': unconfirmedCalls,
  '0035-outbox-limits': outboxLimits,
  '0036-unwanted-calls': unwantedCalls,
  '0038-reservation-kinds': reservationKinds,
  '0040-wirings': wirings,
  '0041-setup-steps': setupSteps,
  '0042-client-defaults': clientDefaults,
  '0043-public-key-at-vapi': publicKeyAtVapi,
  '0044-squads': squads,
  '0045-tenant-months': tenantMonths,
  '0046-close-runs': closeRuns,
  '0047-sweep-turns': sweepTurns,
  '0048-start-counts': startCounts,
  '0049-people': people,
  '0052-client-access': clientAccess,
  '0053-privacy': privacy,
  '0054-calls-by-time': callsByTime,
  '0055-passkeys': passkeys,
  '0056-invoice-list': invoiceList,
  '0062-call-results': callResults,
  '0066-identities': identities,
  '0067-leads': leads,
  '0068-wallets': wallets,
  '0069-phone': phone,
  '0070-call-language': callLanguage,
  '0071-outcomes': outcomes,
};
