/** The public key at Vapi that this server made for a tenant: what it opens, and bringing Vapi in line with the settings. */
import { randomUUID } from 'node:crypto';
import { growingPauses } from '../../base/pauses.ts';
import { maskSecret } from '../../base/secret-box.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import { giveLease, takeLease } from '../../store/leases.ts';
import {
  findPendingKey,
  type PendingKey,
  removePendingKey,
  savePendingKey,
  takeDuePendingKey,
} from '../../store/pending-keys.ts';
import { findTenantById, type Tenant } from '../../store/tenants.ts';
import {
  deletePublicKey,
  isSameScope,
  type KeyScope,
  listPublicKeys,
  longestKeyName,
  mayNotManageKeys,
  setKeyScope,
} from '../../vapi/tokens.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { raiseNotice, settleNotices } from '../notices/notices.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';
import { siteAssistantsOf } from './site-assistants.ts';

const minuteMs = 60_000;
/** Longer than all requests to Vapi of one piece of work take. */
const leaseMs = 2 * minuteMs;
/** 1 min, 2 min, 4 min, … up to 6 hours, for a week. */
const pauseAfter = growingPauses(minuteMs, 360 * minuteMs);
const mostAttempts = 36;
/** After that once a day, so that the notice is settled when it has been done, by hand or because Vapi answers again. */
const daysAfterwards = 30;

/** Vapi knows exact origins only, as far as is known, so wildcards are left out: their pages cannot use the key. */
export function scopeFor(tenant: Tenant): KeyScope {
  const origins = tenant.allowedOrigins.filter((one) => !one.includes('*'));
  return { origins, assistantIds: siteAssistantsOf(tenant) };
}

/** What the operator must know about it; none while no key at Vapi is restricted by it. */
export function notesOnScope({ allowedOrigins }: Tenant): string[] {
  const wildcards = allowedOrigins.filter((one) => one.includes('*'));
  const notes =
    wildcards.length === 0
      ? []
      : [
          `A key at Vapi is restricted to exact origins, so pages of ${wildcards.join(', ')} cannot use it: list the sites themselves.`,
        ];
  if (wildcards.length === allowedOrigins.length)
    notes.push('No page can use the key until an exact origin is allowed.');
  return notes;
}

/** Names the tenant by its id, since its slug may be another's later. */
export function keyNameOf({ id, slug }: Tenant): string {
  return `${slug.slice(0, longestKeyName - id.length - 1)} ${id}`;
}

/** Whether the key at Vapi must follow this change of settings. */
export function changesKey(before: Tenant, after: Tenant): boolean {
  if (before.publicKeyId !== after.publicKeyId) return true;
  if (after.publicKeyId === null) return false;
  return (
    before.privateKeySealed !== after.privateKeySealed || !isSameScope(scopeFor(before), scopeFor(after))
  );
}

/**
 * One process at a time works on a tenant's keys at Vapi: a key that is being made must not be taken for a leftover.
 * @returns null while another one does
 */
export async function aloneWithKey<Result>(
  ctx: Context,
  tenantId: string,
  work: () => Promise<Result>,
): Promise<{ result: Result } | null> {
  const name = `public-key ${tenantId}`;
  const owner = randomUUID();
  const now = ctx.now();
  if (!(await takeLease(ctx.store, { name, owner, expiresAt: now + leaseMs }, now))) return null;
  try {
    return { result: await work() };
  } finally {
    await giveLease(ctx.store, name, owner);
  }
}

/** `later`: Vapi did not do it now, and it is tried again. `by-hand`: this private key may not do it. */
export type Settled = 'done' | 'later' | 'by-hand';

/**
 * Does what is pending for the tenant's keys at Vapi. Never throws because of Vapi.
 * @param goneId of a key that was the tenant's until now: it is deleted whatever someone has named it at Vapi since
 */
export async function settleKey(
  ctx: Context,
  tenantId: string,
  goneId: string | null = null,
): Promise<Settled> {
  const alone = await aloneWithKey(ctx, tenantId, () => settleAlone(ctx, tenantId, goneId));
  return alone?.result ?? 'later';
}

/** Within `aloneWithKey`. */
export async function settleAlone(
  ctx: Context,
  tenantId: string,
  goneId: string | null = null,
): Promise<Settled> {
  // Before the tenant is read: what changes after that leaves another pending row.
  const pending = await findPendingKey(ctx.store, tenantId);
  if (!pending) return 'done';
  const tenant = await findTenantById(ctx.store, tenantId);
  if (!tenant) return 'done';
  const about = { tenant: tenant.slug, attempt: pending.attempts };
  try {
    await bringInLine(ctx, tenant, goneId);
  } catch (error) {
    if (!(error instanceof VapiError)) throw error;
    const isByHand = mayNotManageKeys(error);
    if (!isByHand && pending.attempts < mostAttempts) {
      ctx.log.warn({ ...about, err: error }, 'public key not changed at Vapi yet');
      return 'later';
    }
    const level = isByHand || pending.attempts > mostAttempts ? 'warn' : 'error';
    ctx.log[level]({ ...about, err: error }, 'public key not changed at Vapi: change it there by hand');
    // The answer to the first attempt contains the steps, but for a deletion, whose answer is empty.
    if (pending.attempts === 0 && tenant.deletedAt === null) await removePendingKey(ctx.store, pending);
    else await giveUp(ctx, tenant, pending, isByHand);
    return 'by-hand';
  }
  await ctx.store.transaction().execute(async (db) => {
    if (await removePendingKey(db, pending)) await settleNotices(db, tenantId, 'key-not-changed', ctx.now());
  });
  return 'done';
}

/** A notice contains what to do by hand; one for each change, however often it is tried afterwards. */
async function giveUp(ctx: Context, tenant: Tenant, pending: PendingKey, refused: boolean): Promise<void> {
  const now = ctx.now();
  if (pending.attempts >= mostAttempts + daysAfterwards) {
    await removePendingKey(ctx.store, pending);
    return;
  }
  const attempts = Math.max(pending.attempts, mostAttempts);
  const isKept = tenant.deletedAt === null && tenant.publicKeyId !== null;
  const data = {
    organization: tenant.orgId,
    keyName: keyNameOf(tenant),
    key: isKept ? maskSecret(openTenantSecret(ctx.box, tenant, 'publicKey') ?? '') : null,
    ...scopeFor(tenant),
    refused,
  };
  await ctx.store.transaction().execute(async (db) => {
    if (!(await savePendingKey(db, { ...pending, attempts, nextAttemptAt: now + dayMs }))) return;
    await raiseNotice(db, tenant, { kind: 'key-not-changed', period: pending.changeId, data }, now);
  });
}

/** Whether the operator must do it by hand; it has been notified. */
export function isGivenUp({ attempts }: PendingKey): boolean {
  return attempts >= mostAttempts;
}

/**
 * The tenant's key opens what its settings allow; every other key with the tenant's name is a leftover: of a rotation, of a
 * process that was killed before it saved a key, or of a tenant that was deleted.
 * @throws VapiError
 */
async function bringInLine(ctx: Context, tenant: Tenant, goneId: string | null): Promise<void> {
  const { vapiBaseUrl } = ctx.config;
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const keptId = tenant.deletedAt === null ? tenant.publicKeyId : null;
  const wanted = scopeFor(tenant);
  const name = keyNameOf(tenant);
  const keys = await listPublicKeys(vapiBaseUrl, privateKey);
  const settled = await Promise.allSettled(
    keys.map(async ({ id, name: named, scope }) => {
      if (id === keptId) {
        if (scope === null || !isSameScope(scope, wanted))
          await setKeyScope(vapiBaseUrl, privateKey, id, wanted);
      } else if (named === name || id === goneId || id === tenant.publicKeyId) {
        await deletePublicKey(vapiBaseUrl, privateKey, id);
        ctx.log.info({ tenant: tenant.slug, key: id }, 'public key deleted at Vapi');
      }
    }),
  );
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  if (keptId !== null && !keys.some(({ id }) => id === keptId))
    ctx.log.error({ tenant: tenant.slug, key: keptId }, 'the public key no longer exists at Vapi');
}

/** @returns whether there was a tenant to try again for */
export async function retryKey(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  const due = await takeDuePendingKey(ctx.store, now, (attempts) => now + pauseAfter(attempts + 1));
  if (!due) return false;
  await settleKey(ctx, due.tenantId);
  return true;
}

/** @returns what to add to the notes of an answer */
export async function notesOnSettling(ctx: Context, tenant: Tenant): Promise<string[]> {
  const settled = await settleKey(ctx, tenant.id);
  const scope = tenant.publicKeyId === null ? [] : notesOnScope(tenant);
  if (settled === 'later')
    return [...scope, 'Vapi has not confirmed the change of the public key yet; it is tried again.'];
  if (settled === 'by-hand')
    return [
      ...scope,
      'Vapi does not let this server change the public key: change it under “API Keys” in Vapi’s dashboard.',
    ];
  return scope;
}
