/** Makes, rotates and revokes a tenant's public key at Vapi; by hand where its private key may not. */
import { maskSecret } from '../../base/secret-box.ts';
import type { Context } from '../../context.ts';
import type { PublicKeyAnswer } from '../../contract.ts';
import { ApiError, conflict } from '../../errors.ts';
import { putPendingKey } from '../../store/pending-keys.ts';
import { type Tenant, updateTenant } from '../../store/tenants.ts';
import { createPublicKey, mayNotManageKeys } from '../../vapi/tokens.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import type { Actor } from '../audit.ts';
import { openTenantSecret, sealTenantSecret } from '../secrets/tenant-secrets.ts';
import {
  aloneWithKey,
  keyNameOf,
  notesOnScope,
  type Settled,
  scopeFor,
  settleAlone,
  settleKey,
} from './public-key.ts';
import { changeTenant } from './saved-tenants.ts';
import { siteAssistantsOf } from './site-assistants.ts';
import { isSquad } from './squads.ts';

/**
 * The new key is made and saved first, then the one before is deleted. Whatever ends it in between, keys with the tenant's
 * name that are not saved are deleted by `retryKey`.
 * @throws ApiError `not_found`, `conflict` while another request does it, or when the website uses a squad,
 * `vapi_unavailable`
 */
export async function makeVapiKey(ctx: Context, tenant: Tenant, by: Actor): Promise<PublicKeyAnswer> {
  const alone = await aloneWithKey(ctx, tenant.id, () => makeAlone(ctx, tenant, by));
  if (!alone) throw conflict('The public key of this tenant is being changed; try again shortly.');
  return alone.result;
}

async function makeAlone(ctx: Context, tenant: Tenant, by: Actor): Promise<PublicKeyAnswer> {
  if (siteAssistantsOf(tenant).some((id) => isSquad(tenant, id)))
    throw conflict(
      'The website of this client uses a squad, and a key for browsers can only be restricted to assistants.',
    );
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  // Before the key is made: if this process is killed before it saves it, the key is deleted.
  await putPendingKey(ctx.store, tenant.id, ctx.now());
  let made: { id: string; value: string };
  try {
    made = await createPublicKey(ctx.config.vapiBaseUrl, privateKey, keyNameOf(tenant), scopeFor(tenant));
  } catch (error) {
    if (!mayNotManageKeys(error)) throw vapiFailure(error);
    await settleAlone(ctx, tenant.id);
    return answerOf(ctx, tenant, 'by-hand', { steps: stepsToMake(ctx, tenant), notes: notesOnScope(tenant) });
  }
  let before = tenant;
  const saved = await changeTenant(
    ctx,
    tenant.slug,
    { ...by, action: 'tenant.make-public-key' },
    async (db, current) => {
      // Deleted meanwhile, and its slug used again.
      if (current.id !== tenant.id) throw new ApiError('not_found');
      before = current;
      const publicKeySealed = sealTenantSecret(ctx.box, current.id, 'publicKey', made.value);
      await updateTenant(db, { ...current, publicKeySealed, publicKeyId: made.id, updatedAt: ctx.now() });
    },
  );
  const settled = await settleAlone(ctx, tenant.id, before.publicKeyId);
  const old = masked(ctx, before);
  const isOldByHand = old !== null && before.publicKeyId === null;
  const notes = notesOnScope(saved);
  if (isOldByHand)
    notes.push(
      `The key that was entered before (${old}) still works at Vapi, where something else may use it.`,
    );
  if (settled === 'later')
    notes.push('Vapi has not restricted the new key or deleted the one before yet; it is tried again.');
  if (settled === 'by-hand')
    notes.push(
      'Vapi does not let this server change the key: change its origins under “API Keys” whenever the settings change.',
    );
  const steps = old !== null && (isOldByHand || settled === 'by-hand') ? stepsToDelete(tenant, old) : [];
  return answerOf(ctx, saved, 'made', { steps, notes });
}

/**
 * Browsers no longer get the key, whether or not Vapi can be reached; one that this server made is deleted there too.
 * @throws ApiError `not_found`, `conflict` when there is none
 */
export async function revokeVapiKey(ctx: Context, tenant: Tenant, by: Actor): Promise<PublicKeyAnswer> {
  let revoked = tenant;
  const saved = await changeTenant(
    ctx,
    tenant.slug,
    { ...by, action: 'tenant.revoke-public-key' },
    async (db, current) => {
      if (current.id !== tenant.id) throw new ApiError('not_found');
      if (current.publicKeySealed === null) throw conflict('This tenant has no public key.');
      revoked = current;
      const accessMode = current.accessMode === 'public-key' ? 'proxy' : current.accessMode;
      const gone = { publicKeySealed: null, publicKeyId: null, accessMode } as const;
      await updateTenant(db, { ...current, ...gone, updatedAt: ctx.now() });
    },
  );
  const key = masked(ctx, revoked) ?? '';
  const { publicKeyId } = revoked;
  const settled: Settled = publicKeyId === null ? 'by-hand' : await settleKey(ctx, tenant.id, publicKeyId);
  const notes = [];
  if (saved.accessMode !== revoked.accessMode)
    notes.push('Calls now start through this server: the access mode is `proxy`.');
  if (settled === 'later')
    notes.push('Vapi has not deleted the key yet, so it still works there; it is tried again.');
  // In the mode before, they were ended.
  if (saved.accessMode !== revoked.accessMode && settled !== 'done' && saved.webCallsWithoutGrant === 'auto')
    notes.push(
      'Until the key is deleted at Vapi, anyone who has copied it can start calls that this server no longer ends: set `webCallsWithoutGrant` to `end` until then.',
    );
  return answerOf(ctx, saved, 'revoked', {
    steps: settled === 'done' ? [] : stepsToDelete(tenant, key),
    notes,
  });
}

const masked = (ctx: Context, tenant: Tenant): string | null =>
  tenant.publicKeySealed === null ? null : maskSecret(openTenantSecret(ctx.box, tenant, 'publicKey') ?? '');

function answerOf(
  ctx: Context,
  tenant: Tenant,
  outcome: PublicKeyAnswer['outcome'],
  more: Pick<PublicKeyAnswer, 'steps' | 'notes'>,
): PublicKeyAnswer {
  const { publicKeyId, accessMode } = tenant;
  return { outcome, publicKey: masked(ctx, tenant), publicKeyId, accessMode, ...scopeFor(tenant), ...more };
}

const openKeys = ({ orgId }: Tenant) =>
  `Open Vapi’s dashboard in the organization ${orgId}, and there “API Keys”.`;

function stepsToMake(ctx: Context, tenant: Tenant): string[] {
  const { origins, assistantIds } = scopeFor(tenant);
  const old = masked(ctx, tenant);
  return [
    openKeys(tenant),
    `Create a public key with the name “${keyNameOf(tenant)}”.`,
    `Allow these origins only: ${origins.join(', ') || 'none yet; allow a page in the client’s settings first'}.`,
    `Allow these assistants only: ${assistantIds.join(', ')}. Do not allow transient assistants.`,
    'Copy the key into “New public key” in the client’s settings, and save.',
    ...(old === null ? [] : [`Then delete the public key that ends in ${old}.`]),
  ];
}

const stepsToDelete = (tenant: Tenant, key: string) => [
  openKeys(tenant),
  `Delete the public key that ends in ${key}, unless something else uses it.`,
];
