/** A tenant's sealed secrets, each bound to its tenant and its column. */
import type { SecretBox } from '../../base/secret-box.ts';
import type { ForwardTarget } from '../../store/forward-targets.ts';
import type { Tenant } from '../../store/tenants.ts';

export type TenantSecret =
  | 'privateKey'
  | 'publicKey'
  | 'webhookSecret'
  | 'previousWebhookSecret'
  | 'webhookForward'
  | 'hookSecret';

export const tenantSecretContext = (tenantId: string, name: TenantSecret) => `tenants/${tenantId}/${name}`;

export function sealTenantSecret(
  box: SecretBox,
  tenantId: string,
  name: TenantSecret,
  plain: string,
): string {
  return box.seal(plain, tenantSecretContext(tenantId, name));
}

/** Null only for a secret that a tenant may lack. */
type Opened<Name extends TenantSecret> = string | Extract<Tenant[`${Name}Sealed`], null>;

export function openTenantSecret<Name extends TenantSecret>(
  box: SecretBox,
  tenant: Tenant,
  name: Name,
): Opened<Name> {
  const sealed: string | null = tenant[`${name}Sealed`];
  return (sealed === null ? null : box.open(sealed, tenantSecretContext(tenant.id, name))) as Opened<Name>;
}

/** What Vapi may present now: the current secret and, during a rotation, the previous one. */
export function webhookSecretsOf(box: SecretBox, tenant: Tenant, nowMs: number): string[] {
  const isRotating = nowMs < (tenant.previousWebhookSecretUntil ?? 0);
  return allWebhookSecretsOf(box, tenant).slice(0, isRotating ? 2 : 1);
}

/** The current one first, then the previous one, even after its rotation: either identifies our webhook. */
export function allWebhookSecretsOf(box: SecretBox, tenant: Tenant): string[] {
  const names = ['webhookSecret', 'previousWebhookSecret'] as const;
  return names.flatMap((name) => openTenantSecret(box, tenant, name) ?? []);
}

export const forwardTargetContext = (tenantId: string, assistantId: string) =>
  `forward_targets/${tenantId}/${assistantId}`;

/** The headers for a tenant's own server may contain its secrets. */
export function sealForwardTarget(
  box: SecretBox,
  tenantId: string,
  assistantId: string,
  target: ForwardTarget,
): string {
  return box.seal(JSON.stringify(target), forwardTargetContext(tenantId, assistantId));
}

export function openForwardTarget(
  box: SecretBox,
  tenantId: string,
  assistantId: string,
  sealed: string,
): ForwardTarget {
  return JSON.parse(box.open(sealed, forwardTargetContext(tenantId, assistantId))) as ForwardTarget;
}

/** A message waiting for the tenant's own server. */
export const forwardedContext = (id: string, column: 'headers' | 'body') =>
  `forwarded_contents/${id}/${column}`;

export const controlUrlContext = (tenantId: string, callId: string) =>
  `calls/${tenantId}/${callId}/controlUrl`;

/** What a call achieved is content. */
export const callResultsContext = (tenantId: string, callId: string) =>
  `call_results/${tenantId}/${callId}/content`;

/** Vapi's control URL of a call works without any credential, so it is stored like one. */
export function sealControlUrl(box: SecretBox, tenantId: string, callId: string, url: string): string {
  return box.seal(url, controlUrlContext(tenantId, callId));
}

export function openControlUrl(box: SecretBox, tenantId: string, callId: string, sealed: string): string {
  return box.open(sealed, controlUrlContext(tenantId, callId));
}

/** The same for the current and the previous one: the database makes the one into the other. */
export const identityKeyContext = (tenantId: string) => `identity_keys/${tenantId}`;

export const callIdentityContext = (tenantId: string, callId: string) =>
  `call_identities/${tenantId}/${callId}`;
