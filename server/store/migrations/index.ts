/** The schema's history, in the order of its names. Forward only: a migration that has been released is never edited. */
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
import { appendOnlyBooks } from './0012-append-only-books.ts';

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
  '0012-append-only-books': appendOnlyBooks,
};
