/** The key with which a client's site signs who its visitors are: made here, shown once, replaced, removed. */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { maskSecret } from '../../base/secret-box.ts';
import type { Context } from '../../context.ts';
import type { IdentityKeyView, MadeIdentityKey } from '../../contract.ts';
import { ApiError, conflict } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { deleteIdentityKeys, findIdentityKeys, replaceIdentityKey } from '../../store/identities.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { Actor } from '../audit.ts';
import { identityKeyContext } from '../secrets/tenant-secrets.ts';
import { changeTenant } from './saved-tenants.ts';

/**
 * @returns the key, whole: it is shown this once
 * @throws ApiError `not_found`; `conflict` while the key before the current one is accepted, which a second click would end
 */
export async function makeIdentityKey(
  ctx: Context,
  tenant: Tenant,
  overlapSeconds: number,
  by: Actor,
): Promise<MadeIdentityKey> {
  const key = `vaid_${randomBytes(32).toString('base64url')}`;
  let made: IdentityKeyView | undefined;
  await changeTenant(ctx, tenant.slug, { ...by, action: 'tenant.make-identity-key' }, async (db, current) => {
    if (current.id !== tenant.id) throw new ApiError('not_found');
    const now = ctx.now();
    const currentSealed = ctx.box.seal(key, identityKeyContext(tenant.id));
    const previousUntil = overlapSeconds === 0 ? null : now + overlapSeconds * 1000;
    if (!(await replaceIdentityKey(db, { tenantId: tenant.id, currentSealed, previousUntil }, now))) {
      const { previousUntil: until } = await viewIdentityKey(ctx, tenant, db);
      throw conflict(
        `The key was replaced recently, and the one before is accepted until ${until}. To end it at once, make a key with \`overlapSeconds\` 0.`,
      );
    }
    made = await viewIdentityKey(ctx, tenant, db);
    return { identityKey: made };
  });
  return { ...(made as IdentityKeyView), key };
}

/** No identity is accepted from then on. @throws ApiError `not_found`, `conflict` when there is none */
export async function removeIdentityKey(ctx: Context, tenant: Tenant, by: Actor): Promise<void> {
  await changeTenant(
    ctx,
    tenant.slug,
    { ...by, action: 'tenant.remove-identity-key' },
    async (db, current) => {
      if (current.id !== tenant.id) throw new ApiError('not_found');
      if (!(await deleteIdentityKeys(db, tenant.id))) throw conflict('This client has no identity key.');
    },
  );
}

export async function viewIdentityKey(
  ctx: Context,
  tenant: Tenant,
  db: Queries = ctx.store,
): Promise<IdentityKeyView> {
  const keys = await findIdentityKeys(db, tenant.id);
  if (!keys) return { key: null, createdAt: null, previousUntil: null };
  const isRotating = keys.previousSealed !== null && ctx.now() < (keys.previousUntil ?? 0);
  return {
    key: maskedKey(ctx, tenant.id, keys.currentSealed),
    createdAt: iso(keys.createdAt),
    previousUntil: isRotating ? iso(keys.previousUntil ?? 0) : null,
  };
}

/** One that was sealed with a lost `SECRET_KEY` is shown without its end, so that it can be replaced. */
function maskedKey({ box, log }: Context, tenantId: string, sealed: string): string {
  try {
    return maskSecret(box.open(sealed, identityKeyContext(tenantId)));
  } catch (error) {
    log.warn({ err: error, tenant: tenantId }, 'an identity key cannot be opened');
    return '…';
  }
}
