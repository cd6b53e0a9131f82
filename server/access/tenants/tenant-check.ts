/** Asks Vapi whether a tenant's key, org and assistants belong together, so that a mistake shows when it is made. */
import type { Context } from '../../context.ts';
import type { SavedTenant, UpdateTenant, VapiCheck } from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { deletedForMs, listTenantsOfOrg, type Tenant } from '../../store/tenants.ts';
import { getAssistant, type SavedAssistant } from '../../vapi/assistants.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';

/** What the operator is told of it. */
export type Checked = { vapiCheck: VapiCheck } & Pick<SavedTenant, 'clockBehindSeconds'>;

export interface TenantAtVapi {
  privateKey: string;
  /** Undefined = to be read from Vapi. */
  orgId: string | undefined;
  assistantId: string;
  assistantIds: string[];
}

/**
 * @returns the org; when Vapi does not answer, the one that was given
 * @throws ApiError `invalid_request` naming what Vapi does not know; `vapi_unavailable` when the org is not known either
 */
export async function checkTenant(
  ctx: Context,
  tenant: TenantAtVapi,
): Promise<{ checked: Checked; orgId: string }> {
  const ids = [tenant.assistantId, ...tenant.assistantIds];
  const found = await Promise.allSettled(
    ids.map((id) => getAssistant(ctx.config.vapiBaseUrl, tenant.privateKey, id, ctx.vapiClock.look)),
  );
  for (const [index, result] of found.entries()) {
    if (result.status === 'rejected') refuseIfWrong(result.reason, pathOf(index));
  }
  const answered = found.filter(
    (result): result is PromiseFulfilledResult<SavedAssistant> => result.status === 'fulfilled',
  );
  const orgId = answered[0]?.value.orgId;
  // Also when not every assistant could be asked about: a wrong org would be two orgs for us, each with all the calls.
  if (orgId !== undefined && tenant.orgId !== undefined && tenant.orgId !== orgId) {
    throw invalidField('orgId', `the private key belongs to the organization ${orgId}`);
  }
  if (orgId === undefined || answered.length < ids.length) {
    const cause = found.find((result) => result.status === 'rejected')?.reason as unknown;
    ctx.log.warn({ err: cause }, 'tenant not checked: Vapi does not answer');
    const known = orgId ?? tenant.orgId;
    if (known === undefined) throw new ApiError('vapi_unavailable', { retryAfter: 5, cause });
    return { checked: { vapiCheck: 'unreachable' }, orgId: known };
  }
  const clockBehindSeconds = ctx.vapiClock.behindSeconds();
  return { checked: { vapiCheck: 'ok', ...(clockBehindSeconds === 0 ? {} : { clockBehindSeconds }) }, orgId };
}

/** Only what Vapi has to know about is checked, so that a tenant can be edited while Vapi is down. */
export async function checkChanges(
  ctx: Context,
  tenant: Tenant,
  { privateKey, orgId, assistantId, assistantIds }: UpdateTenant,
): Promise<Partial<Checked>> {
  if ([privateKey, orgId, assistantId, assistantIds].every((value) => value === undefined)) return {};
  const { checked } = await checkTenant(ctx, {
    privateKey: privateKey ?? openTenantSecret(ctx.box, tenant, 'privateKey'),
    orgId: orgId ?? tenant.orgId,
    assistantId: assistantId ?? tenant.assistantId,
    assistantIds: assistantIds ?? tenant.assistantIds,
  });
  return checked;
}

/**
 * Who has the whole org has it alone: a client must never get the calls of another. Should two tenants be made at once,
 * neither has it (`whoseCall`).
 * @throws ApiError `invalid_request`
 */
export async function checkSharing(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  const others = (await listTenantsOfOrg(db, tenant.orgId, nowMs - deletedForMs)).filter(
    ({ id }) => id !== tenant.id,
  );
  const names = others.map(({ slug, deletedAt }) => (deletedAt === null ? slug : `${slug} (deleted)`));
  if (tenant.wholeOrg && others.length > 0) {
    throw invalidField('wholeOrg', `the organization is also that of ${names.join(', ')}`);
  }
  const owner = others.find(({ wholeOrg, deletedAt }) => wholeOrg && deletedAt === null);
  if (owner)
    throw invalidField('orgId', `${owner.slug} has the whole organization: turn its \`wholeOrg\` off first`);
}

/** What the operator should know of settings that are allowed and leave something open. */
export function notesOnSettings({ accessMode, webCallsWithoutGrant }: Tenant): string[] {
  if (accessMode === 'proxy' || webCallsWithoutGrant !== 'keep') return [];
  return [
    `\`webCallsWithoutGrant\` is \`keep\` in the access mode \`${accessMode}\`: whoever copies the key out of a page can start calls that nothing here ends.`,
  ];
}

function refuseIfWrong(error: unknown, assistantPath: string): void {
  if (!(error instanceof VapiError)) throw error;
  if (error.status === 401 || error.status === 403) {
    throw invalidField('privateKey', 'Vapi does not accept it; is it the private key, not the public one?');
  }
  if (error.status === 404 || error.status === 400) {
    throw invalidField(assistantPath, 'this key’s organization has no such assistant');
  }
}

const pathOf = (index: number) => (index === 0 ? 'assistantId' : `assistantIds.${index - 1}`);
