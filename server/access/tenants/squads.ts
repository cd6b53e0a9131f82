/**
 * Squads among a tenant's assistants. A squad's id may stand wherever an assistant's may; which ids are squads is kept with the
 * tenant, as Vapi said when the tenant was last checked or wired. Pure.
 */
import { invalidField } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';

type Named = Pick<Tenant, 'assistantId' | 'assistantIds' | 'squads'>;

/** What Vapi has under an id: a squad's saved members; null for an assistant. Without an entry Vapi was not asked. */
export type Kinds = Map<string, string[] | null>;

/** Assistants and squads, the main one first, each once. */
export function namedIn({ assistantId, assistantIds }: Omit<Named, 'squads'>): string[] {
  return [...new Set([assistantId, ...assistantIds])];
}

export function isSquad({ squads }: Pick<Tenant, 'squads'>, id: string): boolean {
  return Object.hasOwn(squads, id);
}

/** The assistants behind the tenant's ids: of a squad its members. */
export function assistantsOf(tenant: Named): string[] {
  return [
    ...new Set(namedIn(tenant).flatMap((id) => (isSquad(tenant, id) ? (tenant.squads[id] ?? []) : id))),
  ];
}

/** The ids under which calls of the assistant may be in the ledger: its own, and those of the tenant's squads that it is in. */
export function calledAs({ squads }: Pick<Tenant, 'squads'>, assistantId: string): string[] {
  return [assistantId, ...Object.keys(squads).filter((id) => squads[id]?.includes(assistantId))];
}

/** The squads to keep: what Vapi was not asked about stays as it was known. */
export function squadsAfter(tenant: Named, kinds: Kinds): Tenant['squads'] {
  return Object.fromEntries(
    namedIn(tenant).flatMap((id) => {
      const members = kinds.has(id) ? kinds.get(id) : tenant.squads[id];
      return members ? [[id, members]] : [];
    }),
  );
}

/**
 * A key for browsers can be restricted to assistants only: one that opens a squad would open every assistant of the organization.
 * @throws ApiError `invalid_request`
 */
export function refuseSquadsForBrowsers(tenant: Tenant): void {
  const { accessMode, publicKeyId, assistantId, siteAssistantIds } = tenant;
  if (accessMode === 'proxy' && publicKeyId === null) return;
  const id = [assistantId, ...siteAssistantIds].find((one) => isSquad(tenant, one));
  if (id === undefined) return;
  const path = id === assistantId ? 'assistantId' : `siteAssistantIds.${siteAssistantIds.indexOf(id)}`;
  const remedy =
    accessMode === 'proxy' ? 'revoke the public key first' : 'use the access mode `proxy`, or an assistant';
  throw invalidField(path, `is a squad, and a key for browsers can only name assistants: ${remedy}`);
}
