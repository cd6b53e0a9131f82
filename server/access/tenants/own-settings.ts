/** The few settings that a client may change itself. What costs money is not among them: the type has no field for it. */
import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { ChangeOwnSettings, OwnSettings } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { type Tenant, updateTenant } from '../../store/tenants.ts';
import type { Actor } from '../audit.ts';
import { notesOnSettling } from './public-key.ts';
import { changeTenant } from './saved-tenants.ts';
import { applyTenantChanges } from './tenant-changes.ts';

export function ownSettingsOf({ timeZone, limits: { hours }, texts, allowedOrigins }: Tenant): OwnSettings {
  const settings = { timeZone, hours, texts, allowedOrigins };
  const version = createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 16);
  return { version, ...settings };
}

/**
 * @param version of the settings that the change was made on; null = whatever they are now
 * @throws ApiError `invalid_request`; `conflict` when someone else has changed them since that version; `not_found`
 */
export async function changeOwnSettings(
  ctx: Context,
  slug: string,
  { hours, texts, allowedOrigins }: ChangeOwnSettings,
  version: string | null,
  by: Actor,
): Promise<OwnSettings> {
  const saved = await changeTenant(ctx, slug, { ...by, action: 'tenant.update-own' }, async (db, current) => {
    // Under the row's lock: of two who saw the same version, the second is refused.
    if (version !== null && version !== ownSettingsOf(current).version)
      throw conflict('Someone else has changed these settings meanwhile: load them again.');
    const limits = hours === undefined ? undefined : { hours };
    await updateTenant(db, applyTenantChanges(ctx, current, { texts, allowedOrigins, limits }));
  });
  // What it says about Vapi is for the operator.
  await notesOnSettling(ctx, saved);
  return ownSettingsOf(saved);
}
