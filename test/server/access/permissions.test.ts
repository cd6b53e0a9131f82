/** Every operation of the OpenAPI document, for every role, at home and abroad. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  clientRoles,
  isClientPermission,
  operatorRoles,
  permissionFor,
  permissionsOf,
  permissionsOfScopes,
  type Role,
  roles,
  routePermissions,
} from '../../../server/contract.ts';
import { operations } from '../../../server/openapi/document.ts';
import { testDatabases } from '../../support/postgres.ts';
import { addPerson, enter } from './people-stage.ts';
import { type SignInStage, startSignInStage } from './sign-in-stage.ts';

const guarded = operations.filter(({ caller }) => caller === 'operator' || caller === 'tenant');

describe('the table of permissions', () => {
  it('names one for each operation with a sign-in, and nothing else', () => {
    assert.ok(guarded.length > 90, `${guarded.length} operations`);
    assert.deepEqual(guarded.map(({ route }) => route).sort(), Object.keys(routePermissions).sort());
  });

  it('describes as open to clients exactly what a client may be permitted', () => {
    for (const { route, caller } of guarded) {
      const permission = routePermissions[route];
      assert.ok(permission, route);
      assert.equal(isClientPermission(permission), caller === 'tenant', route);
    }
  });

  it('is found by the path of a request, as the router finds the route', () => {
    for (const [route, permission] of Object.entries(routePermissions)) {
      const [method = '', path = ''] = route.split(' ');
      const real = path
        .replace('{slug}', 'acme')
        .replace('{no}', '1')
        .replace(/\{\w+\}/g, 'x_1');
      assert.equal(permissionFor(method, real), permission, route);
      assert.equal(permissionFor(method, `${real.toUpperCase()}/`), permission, route);
    }
    for (const path of [
      '/v1/tenants/acme/plan/x',
      '/v1',
      '/v1/tenants//plan',
      '/v2/tenants',
      '/x/v1/tenants',
    ])
      assert.equal(permissionFor('GET', path), undefined, path);
    assert.equal(permissionFor('DELETE', '/v1/tenants'), undefined);
    assert.equal(permissionFor('HEAD', '/v1/tenants'), 'clients.read');
  });

  it('lets an operator’s viewer, and a key that reads, read all and change nothing', () => {
    for (const [route, permission] of Object.entries(routePermissions)) {
      const reads = route.startsWith('GET ');
      const own = permission.startsWith('self.');
      if (!own) assert.equal(permissionsOf(false, 'viewer').includes(permission), reads, route);
      if (!own) assert.equal(permissionsOfScopes(false, ['read']).includes(permission), reads, route);
      if (!own) assert.equal(permissionsOfScopes(false, ['write']).includes(permission), !reads, route);
    }
    assert.deepEqual(permissionsOfScopes(true, ['read', 'write']), permissionsOfScopes(true, ['read']));
  });

  it('gives no side a role of the other, nor a role that does not exist', () => {
    assert.deepEqual(permissionsOf(true, 'owner'), []);
    assert.deepEqual(permissionsOf(false, 'admin'), []);
    for (const name of ['', 'constructor', '__proto__']) assert.deepEqual(permissionsOf(true, name), []);
    for (const role of Object.values(roles.client)) assert.ok(role.every(isClientPermission));
  });
});

for (const engine of testDatabases()) {
  describe(`each operation for each role, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());

    /** Names nothing that exists, so that what is permitted changes nothing. */
    const ask = async (cookie: string, route: string, slug: string) => {
      const [method = '', path = ''] = route.split(' ');
      const real = path
        .replace('{slug}', slug)
        .replace('{no}', '1')
        .replace(/\{\w+\}/g, 'none');
      const { status, body } = await stage.ask(cookie, method, real, {
        headers: { origin: 'https://voice.agency.example' },
        body: { none: true },
      });
      return { status, code: (body as { code?: string } | undefined)?.code };
    };
    const everyone: [side: 'operator' | 'client', role: Role][] = [
      ...operatorRoles.map((role): ['operator', Role] => ['operator', role]),
      ...clientRoles.map((role): ['client', Role] => ['client', role]),
    ];
    /** What may end the sign-in, leave its place, or take long is asked in the tests about it. */
    const elsewhere = ['POST /v1/sign-out', 'DELETE /v1/me/sessions', 'POST /v1/doctor'];

    it('no one without a sign-in', async () => {
      for (const { route } of guarded) {
        assert.deepEqual(await ask('', route, 'acme'), { status: 401, code: 'unauthorized' }, route);
      }
    });

    for (const [side, role] of everyone) {
      it(`${side} ${role}`, async () => {
        const isClient = side === 'client';
        const email = `${role}@${side}.example`;
        await addPerson(stage, email, [[isClient ? 'acme' : null, role]]);
        const cookie = await enter(stage, email);
        const mine = permissionsOf(isClient, role);
        for (const { route } of guarded) {
          if (elsewhere.includes(route)) continue;
          const needed = routePermissions[route];
          assert.ok(needed, `${route} names no permission`);
          // The two that need no body, and so would do what they say.
          const slug = /POST .*(pause|resume)$|^DELETE \/v1\/tenants\/\{slug\}$/.test(route)
            ? 'nobody'
            : 'acme';
          const answer = await ask(cookie, route, slug);
          if (mine.includes(needed)) {
            assert.notEqual(answer.status, 401, route);
            assert.notEqual(answer.status, 403, `${route} is permitted`);
          } else {
            const expected =
              isClient && !isClientPermission(needed)
                ? { status: 404, code: 'not_found' }
                : { status: 403, code: 'forbidden' };
            assert.deepEqual(answer, expected, route);
          }
          if (!isClient || !route.includes('{slug}')) continue;
          const foreign = await ask(cookie, route, 'rival');
          assert.deepEqual(foreign, { status: 404, code: 'not_found' }, `${route} of another client`);
          assert.deepEqual(await ask(cookie, route, 'nobody'), foreign, `${route} of no client`);
        }
      });
    }
  });
}
