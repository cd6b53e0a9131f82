/** Which of a tenant's assistants its website may start. Pure. */
import { ApiError, invalidField } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';
import { namedIn } from './squads.ts';

type Named = Pick<Tenant, 'assistantId' | 'assistantIds' | 'siteAssistantIds'>;

/** The main one first. Every other assistant of the tenant may be meant for the phone or for staff only. */
export function siteAssistantsOf({ assistantId, siteAssistantIds }: Named): string[] {
  return [...new Set([assistantId, ...siteAssistantIds])];
}

/**
 * @param asked what the page names; null = the main one
 * @throws ApiError `assistant_not_allowed`, the same whether the assistant does not exist or is someone else's
 */
export function checkSiteAssistant(tenant: Named, asked: string | null): string {
  if (asked === null) return tenant.assistantId;
  if (siteAssistantsOf(tenant).includes(asked)) return asked;
  const detail =
    'The attribute `assistant` names an assistant that the website may not use. Correct it, or add the assistant to the client’s `siteAssistantIds`.';
  throw new ApiError('assistant_not_allowed', { detail });
}

/**
 * @param asked the list in the request, if it has one; otherwise those that are no longer the tenant's are dropped
 * @returns the list to save
 * @throws ApiError `invalid_request` naming those that are not the tenant's
 */
export function siteAssistantsAfter(tenant: Named, asked: string[] | undefined): string[] {
  const named = namedIn(tenant);
  const index = asked?.findIndex((id) => !named.includes(id)) ?? -1;
  if (index >= 0)
    throw invalidField(`siteAssistantIds.${index}`, 'is not one of the client’s assistants (`assistantIds`)');
  return [...new Set(asked ?? tenant.siteAssistantIds)].filter((id) => named.includes(id));
}
