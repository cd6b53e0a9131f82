/** The consent that a tenant requires before a call or a conversation begins. */
import { ApiError } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';

/**
 * @param accepted the version that the visitor has agreed to, according to the browser
 * @returns the version to keep as evidence; null when none is required
 * @throws ApiError `call_denied` when it is not the version that the tenant requires now
 */
export function checkConsent(tenant: Tenant, accepted: string | undefined): string | null {
  if (!tenant.consent) return null;
  const { version } = tenant.consent;
  if (accepted === version) return version;
  const detail =
    'The visitor must agree to the current terms first. Reload the page to read them; an element that was loaded ' +
    'before this server required consent cannot send it.';
  const message = `must be the version of the tenant's consent, "${version}"`;
  throw new ApiError('call_denied', { detail, errors: [{ path: 'consent', message }] });
}
