/** A person's sessions: how long they last, listing and ending them, and looking at a client's portal. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry, MeAnswer, SessionsAnswer } from '../../../server/contract.ts';
import { operations } from '../../../server/openapi/document.ts';
import { testDatabases } from '../../support/postgres.ts';
import { addPerson, enter, mailedLink } from './people-stage.ts';
import { publicUrl, type SignInStage, startSignInStage } from './sign-in-stage.ts';

const hour = 3_600_000;
const day = 24 * hour;

for (const engine of testDatabases()) {
  describe(`a person’s session, on ${engine.name}`, () => {
    let stage: SignInStage;
    let people = 0;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());
    const newOwner = async (): Promise<string> => {
      people += 1;
      const email = `owner${people}@agency.example`;
      await addPerson(stage, email, [[null, 'owner']]);
      return email;
    };
    const sessions = async (cookie: string): Promise<SessionsAnswer['sessions']> =>
      (await stage.ask(cookie, 'GET', '/v1/me/sessions')).body.sessions;
    const me = async (cookie: string): Promise<MeAnswer> => (await stage.ask(cookie, 'GET', '/v1/me')).body;

    it('lasts 30 days from its last use', async () => {
      const cookie = await enter(stage, await newOwner());
      for (let month = 0; month < 3; month += 1) {
        stage.server.clock.now += 30 * day - 1;
        assert.equal(await stage.isIn(cookie), true, `month ${month}`);
      }
      stage.server.clock.now += 30 * day;
      assert.equal(await stage.isIn(cookie), false);
    });

    it('ends after 180 days, however it is used', async () => {
      const cookie = await enter(stage, await newOwner());
      const end = stage.server.clock.now + 180 * day;
      while (stage.server.clock.now < end - 20 * day) {
        stage.server.clock.now += 20 * day - 1;
        assert.equal(await stage.isIn(cookie), true);
      }
      stage.server.clock.now = end - 1;
      assert.equal(await stage.isIn(cookie), true);
      stage.server.clock.now = end;
      assert.equal(await stage.isIn(cookie), false);
    });

    it('writes its last use at most once an hour', async () => {
      const cookie = await enter(stage, await newOwner());
      const begun = stage.server.clock.now;
      const lastUse = async () => Date.parse((await sessions(cookie))[0]?.lastUsedAt ?? '');
      stage.server.clock.now += hour - 1;
      assert.equal(await lastUse(), begun);
      stage.server.clock.now += 1;
      await stage.isIn(cookie);
      assert.equal(await lastUse(), begun + hour);
    });

    it('is listed with what its browser calls itself, made harmless, and ended alone or with all others', async () => {
      const email = await newOwner();
      const url = await mailedLink(stage, email);
      const headers = { origin: publicUrl, 'user-agent': `Test\t<b>\u00e9 ${'x'.repeat(400)}` };
      const response = await stage.post(url, headers);
      const here = (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
      const [other, third] = [await enter(stage, email), await enter(stage, email)];
      const listed = await sessions(here);
      assert.equal(listed.length, 3);
      const own = listed.find(({ isThis }) => isThis);
      assert.match(own?.userAgent ?? '', /^Test<b> x+$/);
      assert.equal(own?.userAgent?.length, 200);
      const [otherOwn] = (await sessions(other)).filter(({ isThis }) => isThis);
      const stranger = await enter(stage, await newOwner());
      const end = (cookie: string) => stage.ask(cookie, 'DELETE', `/v1/me/sessions/${otherOwn?.id}`);
      assert.equal((await end(stranger)).status, 404);
      assert.equal((await end(here)).status, 204);
      assert.equal((await end(here)).status, 404);
      assert.deepEqual([await stage.isIn(other), await stage.isIn(third)], [false, true]);
      const unused = await mailedLink(stage, email);
      assert.equal((await stage.ask(here, 'DELETE', '/v1/me/sessions')).status, 204);
      assert.deepEqual([await stage.isIn(here), await stage.isIn(third)], [true, false]);
      assert.equal((await stage.post(unused)).status, 404);
      await enter(stage, email);
      await stage.ask(here, 'POST', '/v1/sign-out', { body: { everywhere: true } });
      assert.equal(await stage.isIn(here), false);
      assert.equal(await stage.isIn(stranger), true, 'everywhere means one’s own');
    });

    it('cannot end a client’s others without the right to remove people', async () => {
      people += 1;
      const email = `viewer${people}@acme.example`;
      await addPerson(stage, email, [['acme', 'viewer']]);
      const cookie = await enter(stage, email);
      const out = await stage.ask(cookie, 'POST', '/v1/sign-out', { body: { tenant: 'acme' } });
      assert.equal(out.status, 403);
    });

    it('ends with all of a client or of the operator only for a caller that may remove people', async () => {
      people += 1;
      const email = `several${people}@acme.example`;
      await addPerson(stage, email, [
        ['acme', 'viewer'],
        ['rival', 'viewer'],
      ]);
      const cookies = [await enter(stage, email), await enter(stage, email)];
      const [here = '', away = ''] = cookies;
      await stage.ask(away, 'POST', '/v1/me/place', { body: { tenant: 'rival' } });
      const owner = await enter(stage, await newOwner());
      const link = await stage.signIn({ tenant: 'acme' });
      const readOnly = await stage.server.operator('POST', '/v1/keys', { name: 'reads', scopes: ['read'] });
      const headers = { authorization: `Bearer ${readOnly.body.key}` };
      const everywhere = { body: { everywhere: true } };
      assert.equal((await stage.ask(link, 'POST', '/v1/sign-out', everywhere)).status, 204);
      assert.equal((await stage.ask('', 'POST', '/v1/sign-out', { ...everywhere, headers })).status, 204);
      const ofAcme = { body: { tenant: 'acme' }, headers };
      assert.equal((await stage.ask('', 'POST', '/v1/sign-out', ofAcme)).status, 204);
      assert.deepEqual(await Promise.all([link, here, owner].map(stage.isIn)), [false, true, true]);
      await stage.server.operator('POST', '/v1/sign-out', { tenant: 'acme' });
      assert.deepEqual([await stage.isIn(here), await stage.isIn(away)], [false, true]);
      const back = await stage.ask(away, 'POST', '/v1/me/place', { body: { tenant: 'acme' } });
      assert.equal(back.status, 404, 'nor does one that was elsewhere come back');
    });

    describe('that looks at a client’s portal', () => {
      it('is answered as the client, changes nothing, and stops on request or after an hour', async () => {
        const cookie = await enter(stage, await newOwner());
        const view = (body: object = {}) => stage.ask(cookie, 'POST', '/v1/tenants/acme/view-as', { body });
        assert.equal((await view({ role: 'owner' })).status, 400);
        assert.equal((await view()).status, 204);
        const seen = await me(cookie);
        assert.deepEqual(
          [seen.role, seen.tenant?.slug, seen.viewing?.role, seen.mayWrite],
          ['client', 'acme', 'admin', false],
        );
        for (const { route, caller } of operations) {
          const [method = '', path = ''] = route.split(' ');
          if (caller !== 'operator') continue;
          const real = path.replace('{slug}', 'acme').replace(/\{\w+\}/g, 'none');
          assert.equal((await stage.ask(cookie, method, real)).status, 404, route);
        }
        const invited = { email: 'x@acme.example', role: 'viewer' };
        const change = await stage.ask(cookie, 'POST', '/v1/tenants/acme/invitations', { body: invited });
        assert.equal(change.status, 403);
        assert.equal((await stage.ask(cookie, 'DELETE', '/v1/me/sessions')).status, 403);
        assert.equal(
          (await stage.ask(cookie, 'POST', '/v1/sign-out', { body: { tenant: 'acme' } })).status,
          403,
        );
        assert.doesNotMatch((await stage.ask(cookie, 'GET', '/v1/tenants/acme/usage')).text, /cost/i);
        stage.server.clock.now += 1000;
        assert.equal((await stage.ask(cookie, 'DELETE', '/v1/me/view')).status, 204);
        assert.equal((await me(cookie)).role, 'operator');
        stage.server.clock.now += 1000;
        await view({ role: 'billing' });
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/acme/calls')).status, 403);
        stage.server.clock.now += hour;
        assert.equal((await me(cookie)).role, 'operator');
        const { entries }: { entries: AuditEntry[] } = (await stage.server.operator('GET', '/v1/audit')).body;
        const said = entries
          .filter(({ action }) => action.startsWith('view-as'))
          .map(({ action, tenant }) => [action, tenant]);
        assert.deepEqual(said, [
          ['view-as.start', 'acme'],
          ['view-as.stop', 'acme'],
          ['view-as.start', 'acme'],
        ]);
      });

      it('signs out of its own side everywhere, and no one of the client', async () => {
        const client = await stage.signIn({ tenant: 'acme' });
        const [cookie, other] = [await stage.signIn(), await stage.signIn()];
        await stage.ask(cookie, 'POST', '/v1/tenants/acme/view-as');
        await stage.ask(cookie, 'POST', '/v1/sign-out', { body: { everywhere: true } });
        assert.deepEqual(await Promise.all([client, cookie, other].map(stage.isIn)), [true, false, false]);
      });

      it('ends with the client, and is not for a viewer, a key, or a client', async () => {
        await stage.server.createTenant({ slug: 'leaving', name: 'Leaving' });
        const cookie = await enter(stage, await newOwner());
        await stage.ask(cookie, 'POST', '/v1/tenants/leaving/view-as');
        await stage.server.operator('DELETE', '/v1/tenants/leaving');
        assert.equal((await me(cookie)).role, 'operator');
        assert.equal((await stage.server.operator('POST', '/v1/tenants/acme/view-as')).status, 403);
        await addPerson(stage, 'looker@agency.example', [[null, 'viewer']]);
        const viewer = await enter(stage, 'looker@agency.example');
        assert.equal((await stage.ask(viewer, 'POST', '/v1/tenants/acme/view-as')).status, 403);
        const client = await stage.signIn({ tenant: 'acme' });
        assert.equal((await stage.ask(client, 'POST', '/v1/tenants/acme/view-as')).status, 404);
      });
    });
  });
}
