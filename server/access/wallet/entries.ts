/** Moves a wallet's balance. The caller has locked the wallet; every movement is an entry. */
import { microsToDecimal } from '../../base/money.ts';
import type { Queries } from '../../store/database.ts';
import type { Tenant } from '../../store/tenants.ts';
import {
  addEntry,
  listGrants,
  type NewEntry,
  readFunds,
  saveGrant,
  spendableMicros,
  type WalletEntry,
} from '../../store/wallets.ts';
import { raiseNotice } from '../notices/notices.ts';

/**
 * Books entries that belong together. What they take is taken of grants first, in the order in which these expire.
 * @param tenant null where no notice can be sent
 */
export async function bookEntries(
  db: Queries,
  { tenantId, tenant }: { tenantId: string; tenant: Tenant | null },
  entries: NewEntry[],
  nowMs: number,
): Promise<WalletEntry[]> {
  const booked: WalletEntry[] = [];
  for (const entry of entries) booked.push(await addEntry(db, tenantId, entry, nowMs));
  const net = entries.reduce((sum, { amountMicros }) => sum + amountMicros, 0);
  if (net < 0) {
    // Only what was paid is paid back.
    if (!entries.some(({ kind }) => kind === 'refund')) await spendGrants(db, tenantId, -net);
    if (tenant) await noticeLow(db, tenant, nowMs);
  }
  return booked;
}

async function spendGrants(db: Queries, tenantId: string, micros: number): Promise<void> {
  let rest = micros;
  for (const grant of await listGrants(db, tenantId)) {
    const spent = Math.min(rest, grant.leftMicros);
    if (spent === 0) return;
    await saveGrant(db, tenantId, { ...grant, leftMicros: grant.leftMicros - spent });
    rest -= spent;
  }
}

/** Takes what is unused of grants that have expired, but nothing that a call in progress holds. */
export async function expireGrants(db: Queries, tenantId: string, nowMs: number): Promise<void> {
  for (const grant of await listGrants(db, tenantId)) {
    if (grant.expiresAt > nowMs) return;
    const funds = await readFunds(db, tenantId, nowMs);
    if (!funds) return;
    const free = spendableMicros({ ...funds, expiredMicros: 0 });
    const amountMicros = Math.min(grant.leftMicros, Math.max(0, free));
    if (amountMicros === 0) return;
    await saveGrant(db, tenantId, { ...grant, leftMicros: grant.leftMicros - amountMicros });
    const entry: NewEntry = { kind: 'expired', amountMicros: -amountMicros, expiresAt: grant.expiresAt };
    await addEntry(db, tenantId, entry, nowMs);
  }
}

/** At the lowest mark that the balance has reached, once until the wallet is filled again. */
async function noticeLow(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  const funds = await readFunds(db, tenant.id, nowMs);
  if (!funds) return;
  const { balanceMicros, lowMarks, filledNo, currency } = funds.wallet;
  const reached = (JSON.parse(lowMarks) as number[]).filter((mark) => balanceMicros <= mark);
  if (reached.length === 0) return;
  const markMicros = Math.min(...reached);
  const period = `${filledNo} ${microsToDecimal(markMicros, currency)}`;
  const data = { balanceMicros, markMicros, currency };
  await raiseNotice(db, tenant, { kind: 'balance-low', period, data }, nowMs);
}
