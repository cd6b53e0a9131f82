/** What was said in a call: it is stored, read and deleted at Vapi, while the ledger keeps what the call cost. */
import { type Actor, recordChange } from '../access/audit.ts';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { orgOf } from '../access/tenants/orgs.ts';
import { dayMs } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { callKinds } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { deleteCallers } from '../store/call-callers.ts';
import { findOwners } from '../store/call-owners.ts';
import { eraseOldResults, eraseResults } from '../store/call-results.ts';
import { type CallRow, findCall, findCalls, listOldContent, markContentDeleted } from '../store/calls.ts';
import { deleteComment } from '../store/feedback.ts';
import { deleteCallIdentities, deleteOldIdentities } from '../store/identities.ts';
import type { Tenant } from '../store/tenants.ts';
import { readIdentity, type VapiCall } from '../vapi/call-record.ts';
import { createCallsApi, type Patience } from '../vapi/calls-api.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { whoseCall } from './assignment.ts';

/**
 * The call as Vapi has it now.
 * @throws ApiError `not_found` when the tenant has no such call, it is another's of the organization, or its content was
 * deleted; `vapi_unavailable`
 */
export async function readContent(ctx: Context, tenant: Tenant, id: string): Promise<VapiCall> {
  const row = await findCall(ctx.store, tenant.id, id);
  if (!row) throw new ApiError('not_found');
  if (row.contentDeletedAt !== null)
    throw new ApiError('not_found', { detail: 'What was said in this call was deleted.' });
  const api = createCallsApi(ctx.config.vapiBaseUrl, openTenantSecret(ctx.box, tenant, 'privateKey'));
  const call = await api.get(row.id).catch((cause: unknown) => {
    throw vapiFailure(cause);
  });
  if (!call || !(await isTheirs(ctx, tenant, row, call))) throw new ApiError('not_found');
  return call;
}

/**
 * A tenant's row may be of another's call: a webhook can name any call of the organization, and the row stays when Vapi
 * shows whose it is.
 */
async function isTheirs(ctx: Context, tenant: Tenant, row: CallRow, call: VapiCall): Promise<boolean> {
  const owner = (await findOwners(ctx.store, [row.id])).get(row.id);
  // Written by a version that had no owners.
  if (!owner) return true;
  if (owner.tenantId !== tenant.id || owner.confirmed) return owner.tenantId === tenant.id;
  const { tenants } = await orgOf(ctx, tenant.orgId, row.createdAt);
  const identity = readIdentity(call);
  const whose = whoseCall({ ...identity, createdAt: identity.createdAt ?? row.createdAt }, tenants);
  return whose === null || whose.id === tenant.id;
}

/**
 * Deletes transcript and recording of the calls, and the text of the chats, at Vapi, and here what the visitor wrote about
 * them. A call whose cost is not booked yet is left: Vapi deletes the cost too. So is one that Vapi fails to
 * delete, and one that is another tenant's after all.
 * @returns each id as soon as its content is deleted: a later one may fail, and the caller must know what is done
 * @throws VapiError when Vapi fails and nothing is deleted
 */
async function* deleteContent(
  ctx: Context,
  tenant: Tenant,
  ids: string[],
  patience?: Patience,
): AsyncGenerator<string> {
  const { vapiBaseUrl } = ctx.config;
  const api = createCallsApi(
    vapiBaseUrl,
    openTenantSecret(ctx.box, tenant, 'privateKey'),
    undefined,
    patience,
  );
  let deleted = 0;
  let failure: unknown;
  const rows = new Map((await findCalls(ctx.store, [tenant.id], ids)).map((row) => [row.id, row]));
  const owners = await findOwners(ctx.store, ids);
  for (const id of ids) {
    if (patience?.stopped?.aborted) break;
    const row = rows.get(id);
    if (!row || (owners.get(id)?.tenantId ?? tenant.id) !== tenant.id) continue;
    if (row.contentDeletedAt === null) {
      if (row.status !== 'ended' || row.costMicros === null) continue;
      try {
        await api.deleteContent(row.id, row.type === callKinds.chat ? 'chat' : 'call');
      } catch (error) {
        ctx.log.warn({ err: error, tenant: tenant.slug, call: row.id }, 'Vapi did not delete what was said');
        failure = error;
        continue;
      }
    }
    // Together: what is marked as deleted is not looked for again.
    await ctx.store.transaction().execute(async (db) => {
      if (row.contentDeletedAt === null) await markContentDeleted(db, tenant.id, row.id, ctx.now());
      await deleteCallers(db, tenant.id, row.id);
      await deleteCallIdentities(db, tenant.id, [row.id]);
      await eraseResults(db, tenant.id, [row.id], ctx.now());
      // Also for a call whose content was deleted earlier: feedback can come an hour after the end.
      await deleteComment(db, tenant.id, row.id);
    });
    deleted += 1;
    yield row.id;
  }
  if (failure && deleted === 0) throw failure;
}

/**
 * At someone's request, which the audit log names.
 * @returns the ids of the calls whose content is deleted
 * @throws ApiError `vapi_unavailable` when Vapi fails and nothing is deleted
 */
export async function deleteOnRequest(
  ctx: Context,
  tenant: Tenant,
  ids: string[],
  by: Actor,
): Promise<string[]> {
  const calls: string[] = [];
  try {
    for await (const id of deleteContent(ctx, tenant, ids)) calls.push(id);
  } catch (cause) {
    throw vapiFailure(cause);
  } finally {
    // Including what was deleted before a failure.
    if (calls.length > 0) {
      const change = { action: 'calls.delete-content', tenant: tenant.slug, before: { calls }, after: null };
      await recordChange(ctx.store, { ...by, ...change }, ctx.now());
    }
  }
  return calls;
}

const batch = 100;

/** Deletes the content of calls that are older than the tenant wants it kept. */
export async function applyRetention(ctx: Context, tenant: Tenant, patience?: Patience): Promise<void> {
  if (tenant.contentRetentionDays === null) return;
  const before = ctx.now() - tenant.contentRetentionDays * dayMs;
  // Also of calls that Vapi no longer has, or fails to delete.
  await eraseOldResults(ctx.store, tenant.id, before, ctx.now());
  await deleteOldIdentities(ctx.store, tenant.id, before);
  for (;;) {
    const ids = await listOldContent(ctx.store, tenant.id, before, batch);
    let deleted = 0;
    for await (const _id of deleteContent(ctx, tenant, ids, patience)) deleted += 1;
    if (deleted < batch) return;
  }
}
