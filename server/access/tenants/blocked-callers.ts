/** Callers by phone whom a tenant's agent does not answer. Only a keyed hash and the last digits of a number are kept. */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import { type BlockedCallerView, mostBlockedCallers } from '../../contract.ts';
import { ApiError, conflict, invalidField } from '../../errors.ts';
import { callerIdOf } from '../../ledger/caller-id.ts';
import {
  type BlockedCaller,
  countBlockedCallers,
  findBlockedCaller,
  insertBlockedCaller,
  removeBlockedCaller,
} from '../../store/blocked-callers.ts';
import { lockTenant, type Tenant } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';
import { callerHashes } from '../identity/caller-hashes.ts';

/**
 * Blocking a caller again changes nothing.
 * @returns whether it is new
 * @throws ApiError `invalid_request` for what is not a phone number, `conflict` when too many are blocked
 */
export async function blockCaller(
  ctx: Context,
  tenant: Tenant,
  { caller, note }: { caller: string; note: string },
  by: Actor,
): Promise<{ blocked: BlockedCallerView; isNew: boolean }> {
  const callerId = callerIdOf(caller);
  if (callerId === null || callerId.includes('@'))
    throw invalidField('caller', 'use a phone number with its country code');
  const hashes = callerHashes(ctx.keys.caller, tenant.id, callerId);
  const now = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    if ((await lockTenant(db, tenant.slug))?.id !== tenant.id) throw new ApiError('not_found');
    const existing = await findBlockedCaller(db, tenant.id, hashes);
    if (existing) return { blocked: viewBlockedCaller(existing), isNew: false };
    if ((await countBlockedCallers(db, tenant.id)) >= mostBlockedCallers)
      throw conflict(`${mostBlockedCallers} callers are blocked: remove one first.`);
    const row: BlockedCaller = {
      tenantId: tenant.id,
      id: `blk_${randomBytes(12).toString('base64url')}`,
      hash: hashes[0] ?? '',
      ending: callerId.slice(-4),
      note,
      createdAt: now,
    };
    await insertBlockedCaller(db, row);
    const blocked = viewBlockedCaller(row);
    const change = { action: 'caller.block', tenant: tenant.slug, before: null, after: blocked };
    await recordChange(db, { ...by, ...change }, now);
    return { blocked, isNew: true };
  });
}

/** @throws ApiError `not_found` */
export async function unblockCaller(ctx: Context, tenant: Tenant, id: string, by: Actor): Promise<void> {
  await ctx.store.transaction().execute(async (db) => {
    const removed = await removeBlockedCaller(db, tenant.id, id);
    if (!removed) throw new ApiError('not_found');
    const before = viewBlockedCaller(removed);
    const change = { action: 'caller.unblock', tenant: tenant.slug, before, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

export function viewBlockedCaller({ id, ending, note, createdAt }: BlockedCaller): BlockedCallerView {
  return { id, ending, note, createdAt: iso(createdAt) };
}
