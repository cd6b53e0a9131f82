/** The answer to each kind of key on every route of the operator and its clients. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isClientPermission, permissionFor } from '../../../server/contract.ts';
import { operatorRoutes, type Route } from '../../support/operator-routes.ts';
import { codeOf, startTestServer, type TestServer } from '../../support/test-server.ts';

/** Answered 404 where there is nothing to stop. */
const stopViewing = 'DELETE /v1/me/view';
/** What a client may do besides reading: end its own sign-ins. */
const signOut = 'POST /v1/sign-out';

describe('on every route', () => {
  let server: TestServer;
  let networks = 0;
  before(async () => {
    server = await startTestServer({ config: { trustProxy: 1 } });
    await server.createTenant();
    await server.createTenant({ slug: 'rival', name: 'Rival' });
  });
  after(() => server.close());

  async function keyWith(input: object): Promise<string> {
    const answer = await server.operator('POST', '/v1/keys', { name: 'test', ...input });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.key;
  }
  /** Each from a different network: the limit of failures is not tested here. */
  async function ask({ method, path }: Route, key: string | null, slug = 'acme') {
    networks += 1;
    const headers: Record<string, string> = {
      'x-forwarded-for': `198.${18 + (networks >> 8)}.${networks & 255}.1`,
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    };
    const body = method === 'GET' ? {} : { body: {} };
    const answer = await server.request(method, path.replace(':slug', slug), { headers, ...body });
    return { status: answer.status, code: answer.status < 400 ? undefined : codeOf(answer) };
  }
  const audited = async () => (await server.ctx.store.selectFrom('audit').select('id').execute()).length;
  const nameOf = ({ method, path }: Route) => `${method} ${path}`;
  const changing = operatorRoutes.filter(({ method }) => method !== 'GET');
  const reading = operatorRoutes.filter(({ method }) => method === 'GET');
  const notFound = { status: 404, code: 'not_found' };
  /** Of what clients can be permitted, a key learns that it may not; of all else nothing. */
  const refusalOf = ({ method, path }: Route) => {
    const needed = permissionFor(method, path);
    return needed?.endsWith('.manage') && isClientPermission(needed)
      ? { status: 403, code: 'forbidden' }
      : notFound;
  };

  it('no key and a made-up key are 401', async () => {
    assert.ok(changing.length > 20 && reading.length > 20, 'there is something to look at');
    for (const route of operatorRoutes) {
      for (const key of [null, `vak_${randomBytes(24).toString('base64url')}`]) {
        assert.deepEqual(await ask(route, key), { status: 401, code: 'unauthorized' }, nameOf(route));
      }
    }
  });

  it('a client’s key finds nothing to change, its own and another’s, and nothing at all of another tenant', async () => {
    const key = await keyWith({ tenant: 'acme' });
    const before = await audited();
    for (const route of operatorRoutes) {
      const own = nameOf(route) === signOut;
      if (route.method !== 'GET' && !own)
        assert.deepEqual(await ask(route, key), refusalOf(route), nameOf(route));
      if (route.path.includes(':slug'))
        assert.deepEqual(await ask(route, key, 'rival'), notFound, nameOf(route));
    }
    assert.equal(await audited(), before);
  });

  it('an operator’s key that only reads is 403 where something is changed', async () => {
    const key = await keyWith({ scopes: ['read'] });
    const before = await audited();
    for (const route of changing) {
      // A link is for reading; signing out ends what the key may have begun.
      if ([signOut, stopViewing, 'POST /v1/sign-in-links'].includes(nameOf(route))) continue;
      assert.deepEqual(await ask(route, key), { status: 403, code: 'forbidden' }, nameOf(route));
    }
    assert.equal(await audited(), before);
  });

  it('an operator’s key that only writes is 403 where something is read', async () => {
    const key = await keyWith({ scopes: ['write'] });
    for (const route of reading) {
      assert.deepEqual(await ask(route, key), { status: 403, code: 'forbidden' }, nameOf(route));
    }
  });
});
