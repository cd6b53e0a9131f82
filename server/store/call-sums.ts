import { sql } from 'kysely';
import { callKinds } from '../contract.ts';
import type { Queries } from './database.ts';

/** What the ledger has of a tenant's calls with one assistant. */
export interface AssistantSum {
  tenantId: string;
  assistantId: string | null;
  calls: number;
  costMicros: number;
  /** Of these, those that have not ended, have no cost, are in doubt, or that Vapi itself has not shown yet. */
  unsettled: number;
  /** Of these, those that Vapi itself has not shown yet. */
  unconfirmed: number;
  /** Of these, those about which Vapi is asked one by one: in progress, without a cost, or in doubt. */
  open: number;
}

/** Calls created in the half-open period that Vapi should have. No chats: Vapi lists them apart from calls. */
export async function sumByAssistant(
  db: Queries,
  tenantIds: string[],
  fromMs: number,
  toMs: number,
): Promise<AssistantSum[]> {
  const isConfirmed = sql`${sql.ref('callOwners.tenantId')} = ${sql.ref('calls.tenantId')}
    and ${sql.ref('callOwners.confirmed')} = 1`;
  const isSettled = sql`${sql.ref('calls.status')} = 'ended'
    and ${sql.ref('calls.costMicros')} is not null
    and ${sql.ref('calls.pollAt')} is null
    and ${isConfirmed}`;
  const allBut = (condition: ReturnType<typeof sql>) =>
    sql<number>`cast(sum(case when ${condition} then 0 else 1 end) as bigint)`;
  return db
    .selectFrom('calls')
    .leftJoin('callOwners', 'callOwners.callId', 'calls.id')
    .select([
      'calls.tenantId',
      'calls.assistantId',
      sql<number>`cast(count(*) as bigint)`.as('calls'),
      sql<number>`cast(coalesce(sum(${sql.ref('calls.costMicros')}), 0) as bigint)`.as('costMicros'),
      allBut(isSettled).as('unsettled'),
      allBut(isConfirmed).as('unconfirmed'),
      allBut(sql`${sql.ref('calls.pollAt')} is null`).as('open'),
    ])
    .where('calls.tenantId', 'in', tenantIds)
    .where('calls.createdAt', '>=', fromMs)
    .where('calls.createdAt', '<', toMs)
    .where('calls.goneAt', 'is', null)
    .where('calls.contentDeletedAt', 'is', null)
    .where('calls.dismissedAt', 'is', null)
    .where('calls.type', '<>', callKinds.chat)
    .groupBy(['calls.tenantId', 'calls.assistantId'])
    .execute();
}
