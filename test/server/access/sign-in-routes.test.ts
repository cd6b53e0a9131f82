/** What a sign-in may do, over every route that there is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { operatorRoutes } from '../../support/operator-routes.ts';
import { testDatabases } from '../../support/postgres.ts';
import type { Answer } from '../../support/test-server.ts';
import { publicUrl, type SignInStage, startSignInStage } from './sign-in-stage.ts';

for (const engine of testDatabases()) {
  describe(`a sign-in on every route, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());

    const changing = operatorRoutes.filter(({ method }) => method !== 'GET');
    const own = (path: string) => path.replace(':slug', 'acme');

    it('the routes are read from the sources, and some are found', () => {
      assert.ok(operatorRoutes.length > 40, `${operatorRoutes.length} routes found`);
      assert.ok(changing.length > 20, `${changing.length} of them change something`);
    });

    it('no one gets in without a sign-in', async () => {
      for (const { method, path } of operatorRoutes) {
        const answer = await stage.ask('', method, own(path));
        assert.equal(answer.status, 401, `${method} ${path} answered ${answer.status}`);
      }
    });

    it('an operator changes nothing from a page that is not ours', async () => {
      const cookie = await stage.signIn();
      const others: Record<string, string>[] = [
        {},
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'same-site', origin: publicUrl },
        { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      ];
      const rows = () => stage.server.ctx.store.selectFrom('audit').select('id').execute();
      const before = (await rows()).length;
      for (const { method, path } of changing) {
        for (const headers of others) {
          const answer = await stage.ask(cookie, method, own(path), { headers });
          assert.equal(answer.status, 403, `${method} ${path} with ${JSON.stringify(headers)}`);
          assert.equal(answer.headers.get('access-control-allow-origin'), null);
        }
      }
      assert.equal((await rows()).length, before);
      assert.equal(await stage.isIn(cookie), true);
    });

    it('a client changes nothing, and does not even learn that another client exists', async () => {
      const cookie = await stage.signIn({ tenant: 'acme' });
      const rows = () => stage.server.ctx.store.selectFrom('audit').select('id').execute();
      const before = (await rows()).length;
      const shown = ({ status, body }: Answer) => ({ status, code: (body as { code?: string })?.code });
      for (const { method, path } of operatorRoutes) {
        if (path === '/v1/me' || path === '/v1/sign-out') continue;
        const what = `${method} ${path}`;
        if (path.includes(':slug')) {
          const other = await stage.ask(cookie, method, path.replace(':slug', 'rival'));
          const unknown = await stage.ask(cookie, method, path.replace(':slug', 'nobody'));
          assert.deepEqual(shown(other), { status: 404, code: 'not_found' }, what);
          assert.deepEqual(shown(unknown), shown(other), what);
        }
        const mine = await stage.ask(cookie, method, own(path));
        if (method !== 'GET') assert.ok([403, 404].includes(mine.status), `${what} answered ${mine.status}`);
        assert.doesNotMatch(mine.text, /cost|margin|markup|privateKey|orgId/i, what);
      }
      assert.equal((await rows()).length, before);
    });
  });
}
