import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { InvitationsTable } from './people-schema.ts';

export type Invitation = Selectable<InvitationsTable>;

/** Takes the place of an older one for the same address and place, whose link no longer works. */
export async function putInvitation(db: Queries, invitation: Invitation): Promise<void> {
  const { place, email, ...values } = invitation;
  await db
    .insertInto('invitations')
    .values(invitation)
    .onConflict((conflict) => conflict.columns(['place', 'email']).doUpdateSet(values))
    .execute();
}

export async function findInvitation(db: Queries, place: string, id: string): Promise<Invitation | null> {
  const row = await db
    .selectFrom('invitations')
    .selectAll()
    .where('id', '=', id)
    .where('place', '=', place)
    .executeTakeFirst();
  return row ?? null;
}

/** @returns null when it has expired, was accepted or revoked, its tenant is deleted, or the key that sent it has ended */
export async function findOpenInvitation(
  db: Queries,
  hash: string,
  nowMs: number,
): Promise<Invitation | null> {
  return (await openInvitations(db, nowMs).where('invitations.hash', '=', hash).executeTakeFirst()) ?? null;
}

/** The same, by whom it is for. @param email in lower case */
export async function findOpenInvitationFor(
  db: Queries,
  place: string,
  email: string,
  nowMs: number,
): Promise<Invitation | null> {
  const row = await openInvitations(db, nowMs)
    .where('invitations.place', '=', place)
    .where('invitations.email', '=', email)
    .executeTakeFirst();
  return row ?? null;
}

function openInvitations(db: Queries, nowMs: number) {
  return db
    .selectFrom('invitations')
    .leftJoin('tenants', 'tenants.id', 'invitations.tenantId')
    .selectAll('invitations')
    .where('invitations.expiresAt', '>', nowMs)
    .where('tenants.deletedAt', 'is', null)
    .where('invitations.invitedBy', 'not in', endedKeys(db, nowMs));
}

function endedKeys(db: Queries, nowMs: number) {
  return db
    .selectFrom('apiKeys')
    .select('apiKeys.id')
    .where((expression) =>
      expression.or([
        expression('apiKeys.revokedAt', 'is not', null),
        expression('apiKeys.expiresAt', '<=', nowMs),
      ]),
    );
}

/** @returns false when another was faster: accepted, revoked or sent it again */
export async function deleteInvitation(db: Queries, id: string, hash: string): Promise<boolean> {
  const row = await db
    .deleteFrom('invitations')
    .where('id', '=', id)
    .where('hash', '=', hash)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function countOpenInvitations(db: Queries, place: string, nowMs: number): Promise<number> {
  const row = await db
    .selectFrom('invitations')
    .select((expression) => expression.fn.countAll<number>().as('open'))
    .where('place', '=', place)
    .where('expiresAt', '>', nowMs)
    .executeTakeFirstOrThrow();
  return Number(row.open);
}

/** The newest first, also those that have expired, from the one after `after`. */
export async function listInvitations(
  db: Queries,
  place: string,
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<Invitation[]> {
  let query = db.selectFrom('invitations').selectAll().where('place', '=', place);
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('createdAt', '<', after.createdAt),
        expression.and([expression('createdAt', '=', after.createdAt), expression('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** Those that a user has sent end with its right to send them. */
export async function deleteInvitationsBy(
  db: Queries,
  invitedBy: string,
  place: string | null,
): Promise<void> {
  let query = db.deleteFrom('invitations').where('invitedBy', '=', invitedBy);
  if (place !== null) query = query.where('place', '=', place);
  await query.execute();
}

/** @param hash of the token that was sent, so that a newer one is not marked */
export async function noteInvitationMail(
  db: Queries,
  hash: string,
  mailed: Pick<Invitation, 'mailedAt' | 'mailFailedAt'>,
): Promise<void> {
  await db.updateTable('invitations').set(mailed).where('hash', '=', hash).execute();
}
