/** Every route of the operator and its clients, read from the sources, so that a test that walks them misses none. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Route {
  method: string;
  /** `:slug` is a tenant, other names are ids that do not exist. */
  path: string;
}

/** Where the router of each file is mounted; for a missing file it is not defined who may use it. */
const mounts: Record<string, string> = {
  'all-calls': '/v1/billing',
  attention: '/v1/attention',
  audit: '/v1/audit',
  billing: '/v1/billing',
  books: '/v1/billing',
  'client-defaults': '/v1/client-defaults',
  'client-list': '/v1/billing',
  closes: '/v1/billing',
  doctor: '/v1/doctor',
  keys: '/v1/keys',
  notices: '/v1/notices',
  passkeys: '/v1',
  people: '/v1',
  reconcile: '/v1/reconcile',
  search: '/v1/billing',
  secrets: '/v1/secrets',
  sessions: '/v1',
  'sign-in': '/v1',
  tenants: '/v1/tenants',
  'vapi-look': '/v1/vapi',
};
/** For visitors, Vapi, Stripe, monitors, everyone: they have no sign-in. */
const others = [
  'chats',
  'feedback',
  'left-calls',
  'oidc',
  'openapi',
  'ops',
  'passkey-sign-in',
  'portal',
  'sign-in-pages',
  'stripe-webhook',
  'talk',
  'vapi-webhook',
  'visitor',
];

export const operatorRoutes: Route[] = globSync(
  join(import.meta.dirname, '../../server/routes/*.ts'),
).flatMap((file) => {
  const name = basename(file, '.ts');
  if (others.includes(name)) return [];
  const source = readFileSync(file, 'utf8');
  const found = source.matchAll(/router\.(get|post|put|patch|delete)\(\s*'([^']+)'/g);
  return [...found].flatMap(([, method = '', path = '']): Route[] => {
    // The page that a link leads to; tested above.
    if (path === '/sign-in') return [];
    const mount = path.startsWith('/:slug') ? '/v1/tenants' : mounts[name];
    assert.ok(mount !== undefined, `server/routes/${name}.ts is mounted somewhere; say here where`);
    const whole = `${mount}${path}`.replace(/\/$/, '').replace(/:(id|no)/g, 'none');
    return [{ method: method.toUpperCase(), path: whole }];
  });
});
