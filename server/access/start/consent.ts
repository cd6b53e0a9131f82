/** The consent that a tenant demands before a call or a conversation begins. */
import { ApiError } from '../../errors.ts';
import type { Tenant } from '../../store/tenants.ts';

/**
 * @param accepted the version that the browser says the visitor has agreed to
 * @returns the version to be kept as evidence; null where none is demanded
 * @throws ApiError `call_denied` when it is not the version that the tenant demands now
 */
export function checkConsent(tenant: Tenant, accepted: string | undefined): string | null {
  if (!tenant.consent) return null;
  const { version } = tenant.consent;
  if (accepted === version) return version;
  const detail =
    'The visitor must agree to the present terms first. Reload the page to read them; an element that was loaded ' +
    'before this server demanded it cannot send the consent.';
  const message = `must be the version of the tenant's consent, "${version}"`;
  throw new ApiError('call_denied', { detail, errors: [{ path: 'consent', message }] });
}
