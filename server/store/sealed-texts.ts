/** Every column with sealed texts, for sealing them again under another key. */
import { sql } from 'kysely';
import type { Store } from './database.ts';

/** A column, and the columns that identify a row of its table. */
export interface SealedColumn {
  table:
    | 'tenants'
    | 'calls'
    | 'callResults'
    | 'leads'
    | 'forwardTargets'
    | 'forwardedContents'
    | 'identityKeys'
    | 'callIdentities';
  column: string;
  key: string[];
}
export interface SealedText {
  /** The values of the column's `key`. */
  key: string[];
  sealed: string;
}

const ofTenant = (column: string): SealedColumn => ({ table: 'tenants', column, key: ['id'] });

export const sealedColumns: SealedColumn[] = [
  ...[
    'privateKey',
    'publicKey',
    'webhookSecret',
    'previousWebhookSecret',
    'webhookForward',
    'hookSecret',
  ].map((name) => ofTenant(`${name}Sealed`)),
  { table: 'calls', column: 'controlUrlSealed', key: ['tenantId', 'id'] },
  { table: 'callResults', column: 'contentSealed', key: ['tenantId', 'callId'] },
  { table: 'leads', column: 'contentSealed', key: ['tenantId', 'id'] },
  { table: 'leads', column: 'noteSealed', key: ['tenantId', 'id'] },
  { table: 'forwardTargets', column: 'targetSealed', key: ['tenantId', 'assistantId'] },
  { table: 'forwardedContents', column: 'headersSealed', key: ['id'] },
  { table: 'forwardedContents', column: 'bodySealed', key: ['id'] },
  { table: 'identityKeys', column: 'currentSealed', key: ['tenantId'] },
  { table: 'identityKeys', column: 'previousSealed', key: ['tenantId'] },
  { table: 'callIdentities', column: 'contentSealed', key: ['tenantId', 'callId'] },
];

/** @param prefix of texts that are already sealed correctly */
export async function listTextsNotUnder(
  store: Store,
  { table, column, key }: SealedColumn,
  prefix: string,
  limit: number,
): Promise<SealedText[]> {
  const found = await sql<Record<string, string>>`
    select ${sql.join(key.map((name) => sql.ref(name)))}, ${sql.ref(column)} as sealed
    from ${sql.table(table)}
    where ${sql.ref(column)} is not null and substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}
    limit ${limit}`.execute(store);
  return found.rows.map((row) => ({ key: key.map((name) => row[name] ?? ''), sealed: row.sealed ?? '' }));
}

/** @returns false when another process has changed and sealed it meanwhile */
export async function replaceSealedText(
  store: Store,
  { table, column, key }: SealedColumn,
  text: SealedText,
  sealed: string,
): Promise<boolean> {
  const isRow = key.map((name, index) => sql`${sql.ref(name)} = ${text.key[index]}`);
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} set ${sql.ref(column)} = ${sealed}
    where ${sql.join(isRow, sql` and `)} and ${sql.ref(column)} = ${text.sealed}`.execute(store);
  return numAffectedRows === 1n;
}
