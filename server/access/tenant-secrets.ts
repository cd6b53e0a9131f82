/** A tenant's sealed secrets, each bound to its tenant and its column. */
import type { Tenant } from '../store/tenants.ts';
import type { SecretBox } from './secret-box.ts';

export type TenantSecret = 'privateKey' | 'publicKey' | 'webhookSecret' | 'hookSecret';

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

const controlUrlContext = (tenantId: string, callId: string) => `calls/${tenantId}/${callId}/controlUrl`;

/** Vapi's control URL of a call needs no other credential, so it is kept like one. */
export function sealControlUrl(box: SecretBox, tenantId: string, callId: string, url: string): string {
  return box.seal(url, controlUrlContext(tenantId, callId));
}

export function openControlUrl(box: SecretBox, tenantId: string, callId: string, sealed: string): string {
  return box.open(sealed, controlUrlContext(tenantId, callId));
}
