/** Asks Vapi whether a tenant's key, org and assistants belong together, so that a mistake shows immediately. */
import type { Context } from '../../context.ts';
import type { SavedTenant, UpdateTenant, VapiCheck } from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { deletedForMs, listTenantsOfOrg, type Tenant } from '../../store/tenants.ts';
import { type Callee, getAssistant, getCallee } from '../../vapi/assistants.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';
import type { Kinds } from './squads.ts';

/** The part of it that is reported to the operator. */
export type Checked = { vapiCheck: VapiCheck } & Pick<SavedTenant, 'clockBehindSeconds'>;

export interface TenantAtVapi {
  privateKey: string;
  /** Undefined = read from Vapi. */
  orgId: string | undefined;
  assistantId: string;
  assistantIds: string[];
}

/**
 * @returns the org; when Vapi does not answer, the given one; and which ids are squads, as far as Vapi has answered
 * @throws ApiError `invalid_request` naming what Vapi does not know; `vapi_unavailable` when the org is unknown too
 */
export async function checkTenant(
  ctx: Context,
  tenant: TenantAtVapi,
): Promise<{ checked: Checked; orgId: string; kinds: Kinds }> {
  const ids = [tenant.assistantId, ...tenant.assistantIds];
  const found = await Promise.allSettled(
    ids.map((id) =>
      getCallee(ctx.config.vapiBaseUrl, tenant.privateKey, id, getAssistant, ctx.vapiClock.look),
    ),
  );
  for (const [index, result] of found.entries()) {
    if (result.status === 'rejected') refuseIfWrong(result.reason, pathOf(index));
  }
  const answered = found.flatMap((result, index) =>
    result.status === 'fulfilled' ? [{ id: ids[index] ?? '', is: result.value }] : [],
  );
  const kinds: Kinds = new Map(
    answered.map(({ id, is }) => [id, 'squad' in is ? is.squad.assistantIds : null]),
  );
  const orgId = answered[0] && orgOf(answered[0].is);
  // Even if some assistants could not be checked: a wrong org would become a second org here, each with all the calls.
  if (orgId !== undefined && tenant.orgId !== undefined && tenant.orgId !== orgId) {
    throw invalidField('orgId', `the private key belongs to the organization ${orgId}`);
  }
  if (orgId === undefined || answered.length < ids.length) {
    const cause = found.find((result) => result.status === 'rejected')?.reason as unknown;
    ctx.log.warn({ err: cause }, 'tenant not checked: Vapi does not answer');
    const known = orgId ?? tenant.orgId;
    if (known === undefined) throw new ApiError('vapi_unavailable', { retryAfter: 5, cause });
    return { checked: { vapiCheck: 'unreachable' }, orgId: known, kinds };
  }
  const clockBehindSeconds = ctx.vapiClock.behindSeconds();
  return {
    checked: { vapiCheck: 'ok', ...(clockBehindSeconds === 0 ? {} : { clockBehindSeconds }) },
    orgId,
    kinds,
  };
}

const orgOf = (callee: Callee) => ('squad' in callee ? callee.squad : callee.assistant).orgId;

/** Checks only what concerns Vapi, so that a tenant can be edited while Vapi is down. */
export async function checkChanges(
  ctx: Context,
  tenant: Tenant,
  { privateKey, orgId, assistantId, assistantIds }: UpdateTenant,
): Promise<{ checked: Partial<Checked>; kinds: Kinds }> {
  if ([privateKey, orgId, assistantId, assistantIds].every((value) => value === undefined))
    return { checked: {}, kinds: new Map() };
  return checkTenant(ctx, {
    privateKey: privateKey ?? openTenantSecret(ctx.box, tenant, 'privateKey'),
    orgId: orgId ?? tenant.orgId,
    assistantId: assistantId ?? tenant.assistantId,
    assistantIds: assistantIds ?? tenant.assistantIds,
  });
}

/**
 * A tenant with `wholeOrg` must be the org's only one: a client must never get another's calls. If two tenants are
 * created at once, neither has it (`whoseCall`).
 * @throws ApiError `invalid_request`
 */
export async function checkSharing(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  const others = (await listTenantsOfOrg(db, tenant.orgId, nowMs - deletedForMs)).filter(
    ({ id }) => id !== tenant.id,
  );
  const names = others.map(({ slug, deletedAt }) => (deletedAt === null ? slug : `${slug} (deleted)`));
  if (tenant.wholeOrg && others.length > 0) {
    throw invalidField('wholeOrg', `the organization also belongs to ${names.join(', ')}`);
  }
  const owner = others.find(({ wholeOrg, deletedAt }) => wholeOrg && deletedAt === null);
  if (owner)
    throw invalidField('orgId', `${owner.slug} has the whole organization: turn its \`wholeOrg\` off first`);
}

/** Warnings to the operator about settings that are allowed but risky. */
export function notesOnSettings({ accessMode, webCallsWithoutGrant }: Tenant): string[] {
  if (accessMode === 'proxy' || webCallsWithoutGrant !== 'keep') return [];
  return [
    `\`webCallsWithoutGrant\` is \`keep\` in the access mode \`${accessMode}\`: anyone who copies the key from a page can start calls that this server does not end.`,
  ];
}

/** @throws ApiError `invalid_request` when the error says that Vapi does not accept the key */
export function refuseWrongKey(error: unknown): void {
  if (!(error instanceof VapiError) || (error.status !== 401 && error.status !== 403)) return;
  const message = 'Vapi does not accept it; is it the private key rather than the public one?';
  throw invalidField('privateKey', message);
}

function refuseIfWrong(error: unknown, assistantPath: string): void {
  if (!(error instanceof VapiError)) throw error;
  refuseWrongKey(error);
  if (error.status === 404 || error.status === 400) {
    throw invalidField(assistantPath, 'this key’s organization has no such assistant or squad');
  }
}

const pathOf = (index: number) => (index === 0 ? 'assistantId' : `assistantIds.${index - 1}`);
