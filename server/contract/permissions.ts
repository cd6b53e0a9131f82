/**
 * Who may do what: permissions, the roles that are lists of them, and the permission that each route needs. Routes,
 * `GET /v1/me` and the OpenAPI document all read it from here; a route that is missing here answers no one.
 */
import type { Scope } from './keys.ts';

export const permissions = [
  // Of both sides: a client has them for its own tenant only.
  'self.read',
  'self.sign-out',
  'self.manage',
  'usage.read',
  'calls.read',
  'content.read',
  'billing.read',
  'website.read',
  'website.manage',
  'people.read',
  'people.manage',
  'privacy.read',
  'privacy.manage',
  'leads.read',
  'leads.manage',
  // The operator's alone.
  'clients.read',
  'clients.manage',
  'clients.view-as',
  'calls.manage',
  'billing.manage',
  'books.read',
  'server.read',
  'server.manage',
  'secrets.manage',
  'audit.read',
  'keys.read',
  'keys.manage',
  'team.read',
  'team.manage',
  'sign-in-links.create',
] as const;
export type Permission = (typeof permissions)[number];

const self: Permission[] = ['self.read', 'self.sign-out', 'self.manage'];
const clientReads: Permission[] = [
  ...self,
  'usage.read',
  'calls.read',
  'content.read',
  'billing.read',
  'website.read',
  'leads.read',
];
const operatorReads: Permission[] = [
  ...clientReads,
  'people.read',
  'privacy.read',
  'clients.read',
  'books.read',
  'server.read',
  'audit.read',
  'keys.read',
  'team.read',
];
const manages: Permission[] = [
  'website.manage',
  'people.manage',
  'privacy.manage',
  'leads.manage',
  'clients.manage',
  'clients.view-as',
  'calls.manage',
  'billing.manage',
  'server.manage',
  'sign-in-links.create',
];

/** Each role as a list of permissions; the operator's are for the agency, the client's for one client. */
export const roles = {
  operator: {
    owner: [...permissions],
    manager: [...operatorReads, ...manages],
    billing: [
      ...self,
      'usage.read',
      'calls.read',
      'billing.read',
      'billing.manage',
      'clients.read',
      'books.read',
    ],
    viewer: operatorReads,
  },
  client: {
    admin: [
      ...clientReads,
      'website.manage',
      'people.read',
      'people.manage',
      'privacy.read',
      'privacy.manage',
      'leads.manage',
    ],
    billing: [...self, 'usage.read', 'billing.read'],
    viewer: clientReads,
  },
} as const satisfies Record<string, Record<string, readonly Permission[]>>;

export type OperatorRole = keyof typeof roles.operator;
export type ClientRole = keyof typeof roles.client;
export type Role = OperatorRole | ClientRole;
export const operatorRoles = Object.keys(roles.operator) as [OperatorRole, ...OperatorRole[]];
export const clientRoles = Object.keys(roles.client) as [ClientRole, ...ClientRole[]];
export const allRoles = [...new Set<Role>([...operatorRoles, ...clientRoles])] as [Role, ...Role[]];

/** @param isClient which side the role is of; a role that the side does not have permits nothing */
export function permissionsOf(isClient: boolean, role: string): readonly Permission[] {
  const side: Record<string, readonly Permission[]> = isClient ? roles.client : roles.operator;
  return Object.hasOwn(side, role) ? (side[role] ?? []) : [];
}

/** Of an API key: `read` is what a viewer of its side sees, `write` all else that an owner may do. */
export function permissionsOfScopes(isClient: boolean, scopes: Scope[]): readonly Permission[] {
  // A key is not a person, and has no sessions.
  const reads = permissionsOf(isClient, 'viewer').filter((permission) => permission !== 'self.manage');
  const writes = roles.operator.owner.filter(
    (permission) => !isClient && permission !== 'self.manage' && !reads.includes(permission),
  );
  return [
    ...(scopes.includes('read') ? reads : (['self.sign-out'] as const)),
    ...(scopes.includes('write') ? writes : []),
  ];
}

const ofClients: readonly Permission[] = roles.client.admin;

/** Whether a client can have it; of what only operators have, a client learns nothing. */
export function isClientPermission(permission: Permission): boolean {
  return ofClients.includes(permission);
}
