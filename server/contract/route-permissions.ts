/** The permission that each route with a sign-in needs, by method and path as in the OpenAPI document. */
import type { Permission } from './permissions.ts';

const tenant = '/v1/tenants/{slug}';
const invoice = `${tenant}/invoices/{id}`;

export const routePermissions: Record<string, Permission> = {
  'GET /v1/me': 'self.read',
  'POST /v1/sign-out': 'self.sign-out',
  'POST /v1/sign-in-links': 'sign-in-links.create',

  'GET /v1/me/sessions': 'self.read',
  'DELETE /v1/me/sessions': 'self.manage',
  'DELETE /v1/me/sessions/{id}': 'self.manage',
  'GET /v1/me/passkeys': 'self.read',
  'POST /v1/me/passkeys/options': 'self.manage',
  'POST /v1/me/passkeys': 'self.manage',
  'PATCH /v1/me/passkeys/{id}': 'self.manage',
  'DELETE /v1/me/passkeys/{id}': 'self.manage',
  'POST /v1/me/place': 'self.manage',
  'DELETE /v1/me/view': 'self.sign-out',
  [`POST ${tenant}/view-as`]: 'clients.view-as',

  'GET /v1/users': 'team.read',
  'POST /v1/users': 'team.manage',
  'PATCH /v1/users/{id}': 'team.manage',
  'DELETE /v1/users/{id}': 'team.manage',
  'POST /v1/users/{id}/disable': 'team.manage',
  'POST /v1/users/{id}/enable': 'team.manage',
  'GET /v1/invitations': 'team.read',
  'POST /v1/invitations': 'team.manage',
  'POST /v1/invitations/{id}/resend': 'team.manage',
  'DELETE /v1/invitations/{id}': 'team.manage',
  [`GET ${tenant}/users`]: 'people.read',
  [`PATCH ${tenant}/users/{id}`]: 'people.manage',
  [`DELETE ${tenant}/users/{id}`]: 'people.manage',
  [`GET ${tenant}/invitations`]: 'people.read',
  [`POST ${tenant}/invitations`]: 'people.manage',
  [`POST ${tenant}/invitations/{id}/resend`]: 'people.manage',
  [`DELETE ${tenant}/invitations/{id}`]: 'people.manage',

  [`GET ${tenant}/usage`]: 'usage.read',
  [`GET ${tenant}/calls`]: 'calls.read',
  [`GET ${tenant}/calls/{id}`]: 'calls.read',
  [`GET ${tenant}/calls/{id}/transcript`]: 'content.read',
  [`GET ${tenant}/calls/{id}/recording`]: 'content.read',
  [`GET ${tenant}/outcomes`]: 'calls.read',
  [`GET ${tenant}/snippet`]: 'website.read',
  [`GET ${tenant}/own-settings`]: 'website.read',
  [`PATCH ${tenant}/own-settings`]: 'website.manage',
  [`GET ${tenant}/call-reads`]: 'privacy.read',
  [`POST ${tenant}/callers/find`]: 'privacy.manage',
  [`POST ${tenant}/callers/export`]: 'privacy.manage',
  [`POST ${tenant}/callers/erase`]: 'privacy.manage',
  [`GET ${tenant}/leads`]: 'leads.read',
  [`PATCH ${tenant}/leads/{id}`]: 'leads.manage',
  [`DELETE ${tenant}/leads/{id}`]: 'leads.manage',
  [`GET ${tenant}/plan`]: 'billing.read',
  [`GET ${tenant}/preview`]: 'billing.read',
  [`GET ${tenant}/credits`]: 'billing.read',
  [`GET ${tenant}/wallet`]: 'billing.read',
  [`GET ${tenant}/wallet/entries`]: 'billing.read',
  [`GET ${tenant}/invoices`]: 'billing.read',
  [`GET ${invoice}`]: 'billing.read',
  [`GET ${invoice}/payment-page`]: 'billing.read',
  [`GET ${invoice}/e-invoice`]: 'billing.read',
  [`GET ${invoice}/pdf`]: 'billing.read',
  [`GET ${invoice}/lines/{no}/calls`]: 'billing.read',

  [`POST ${tenant}/calls/{id}/dismiss`]: 'calls.manage',
  [`DELETE ${tenant}/calls/{id}/content`]: 'calls.manage',

  [`PUT ${tenant}/plan`]: 'billing.manage',
  [`GET ${tenant}/margin`]: 'books.read',
  [`POST ${tenant}/simulate`]: 'billing.manage',
  [`GET ${tenant}/billing`]: 'books.read',
  [`PUT ${tenant}/billing`]: 'billing.manage',
  [`POST ${tenant}/credits`]: 'billing.manage',
  [`PUT ${tenant}/wallet`]: 'billing.manage',
  [`POST ${tenant}/wallet/entries`]: 'billing.manage',
  [`POST ${tenant}/invoices`]: 'billing.manage',
  [`POST ${invoice}/finalize`]: 'billing.manage',
  [`POST ${invoice}/push`]: 'billing.manage',
  [`POST ${invoice}/void`]: 'billing.manage',
  [`POST ${invoice}/paid`]: 'billing.manage',
  [`POST ${invoice}/credit-notes`]: 'billing.manage',
  'GET /v1/billing/seller': 'books.read',
  'PUT /v1/billing/seller': 'billing.manage',
  'POST /v1/billing/close': 'billing.manage',
  'GET /v1/billing/runs': 'books.read',
  'GET /v1/billing/runs/{id}': 'books.read',
  'GET /v1/billing/runs/{id}/clients': 'books.read',
  'POST /v1/billing/runs/{id}/stop': 'billing.manage',
  'POST /v1/billing/runs/{id}/resume': 'billing.manage',
  'GET /v1/billing/invoices': 'books.read',
  'GET /v1/billing/presets': 'books.read',
  'GET /v1/billing/deleted-tenants': 'books.read',
  'GET /v1/billing/tenants': 'books.read',
  'GET /v1/billing/margin': 'books.read',

  'GET /v1/tenants': 'clients.read',
  'POST /v1/tenants': 'clients.manage',
  'POST /v1/vapi/look': 'clients.manage',
  [`GET ${tenant}`]: 'clients.read',
  [`PATCH ${tenant}`]: 'clients.manage',
  [`DELETE ${tenant}`]: 'clients.manage',
  [`POST ${tenant}/pause`]: 'clients.manage',
  [`POST ${tenant}/resume`]: 'clients.manage',
  [`GET ${tenant}/setup`]: 'clients.read',
  [`POST ${tenant}/talk`]: 'clients.manage',
  [`GET ${tenant}/outcome`]: 'clients.read',
  [`PUT ${tenant}/outcome`]: 'clients.manage',
  [`DELETE ${tenant}/outcome`]: 'clients.manage',
  [`POST ${tenant}/outcome/try`]: 'clients.manage',
  [`GET ${tenant}/vapi`]: 'clients.read',
  [`POST ${tenant}/vapi-key`]: 'clients.manage',
  [`DELETE ${tenant}/vapi-key`]: 'clients.manage',
  [`GET ${tenant}/identity-key`]: 'clients.read',
  [`POST ${tenant}/identity-key`]: 'clients.manage',
  [`DELETE ${tenant}/identity-key`]: 'clients.manage',
  [`GET ${tenant}/blocked-origins`]: 'clients.read',
  [`POST ${tenant}/allowed-origins`]: 'clients.manage',
  [`GET ${tenant}/phone-numbers`]: 'clients.read',
  [`PUT ${tenant}/phone-numbers/{id}`]: 'clients.manage',
  [`DELETE ${tenant}/phone-numbers/{id}`]: 'clients.manage',
  [`GET ${tenant}/blocked-callers`]: 'clients.read',
  [`POST ${tenant}/blocked-callers`]: 'clients.manage',
  [`DELETE ${tenant}/blocked-callers/{id}`]: 'clients.manage',
  [`POST ${tenant}/wire`]: 'clients.manage',
  [`GET ${tenant}/wiring`]: 'clients.read',
  [`POST ${tenant}/unwire`]: 'clients.manage',
  [`POST ${tenant}/doctor`]: 'clients.manage',
  'GET /v1/client-defaults': 'clients.read',
  'PATCH /v1/client-defaults': 'clients.manage',

  'GET /v1/keys': 'keys.read',
  'POST /v1/keys': 'keys.manage',
  'DELETE /v1/keys/{id}': 'keys.manage',
  'POST /v1/secrets/reseal': 'secrets.manage',
  'GET /v1/audit': 'audit.read',
  'GET /v1/notices': 'server.read',
  'GET /v1/attention': 'clients.read',
  'GET /v1/billing/calls': 'clients.read',
  'GET /v1/billing/search': 'clients.read',
  'POST /v1/reconcile': 'server.manage',
  'POST /v1/doctor': 'server.manage',
  'GET /metrics': 'server.read',
};

const patterns = Object.entries(routePermissions)
  .map(([route, permission]) => {
    const [method = '', path = ''] = route.split(' ');
    const pattern = path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+');
    // As the router compares: letter case and one slash at the end do not matter.
    return { method, permission, path, pattern: new RegExp(`^${pattern}/?$`, 'i') };
  })
  // A route that names a word where another has a parameter comes first.
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

/**
 * @param path as it was requested, below the path at which the server is mounted
 * @returns undefined for a route that no one may use, which includes those that do not exist
 */
export function permissionFor(method: string, path: string): Permission | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return patterns.find((each) => each.method === asked && each.pattern.test(path))?.permission;
}
