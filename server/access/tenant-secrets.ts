/** A tenant's sealed secrets, each bound to its tenant and its column. */
import type { Tenant } from '../store/tenants.ts';
import type { SecretBox } from './secret-box.ts';

export type TenantSecret = 'privateKey' | 'publicKey' | 'webhookSecret';

export function sealTenantSecret(
  box: SecretBox,
  tenantId: string,
  name: TenantSecret,
  plain: string,
): string {
  return box.seal(plain, `tenants/${tenantId}/${name}`);
}

/** @returns null when the tenant has no such secret */
export function openTenantSecret(box: SecretBox, tenant: Tenant, name: TenantSecret): string | null {
  const sealed = tenant[`${name}Sealed`];
  return sealed === null ? null : box.open(sealed, `tenants/${tenant.id}/${name}`);
}
