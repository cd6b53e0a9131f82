/** People: links by e-mail, invitations, roles, removing, and whose word counts when several act at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AuditEntry,
  InvitationsAnswer,
  MembersAnswer,
  SentInvitation,
} from '../../../server/contract.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { addPerson, enter, linksTo, mailedLink, requestLink, use } from './people-stage.ts';
import { publicUrl, type SignInStage, startSignInStage } from './sign-in-stage.ts';

const day = 86_400_000;

for (const engine of testDatabases()) {
  describe(`people, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());
    const members = async (path = '/v1/users'): Promise<MembersAnswer['users']> =>
      (await stage.server.operator('GET', path)).body.users;
    const invite = async (input: object, cookie = '', path = '/v1/invitations') =>
      cookie ? stage.ask(cookie, 'POST', path, { body: input }) : stage.server.operator('POST', path, input);
    const me = async (cookie: string) => (await stage.ask(cookie, 'GET', '/v1/me')).body;

    describe('a link by e-mail', () => {
      it('is the same answer for an address that someone has and for one that no one has', async () => {
        await addPerson(stage, 'known@agency.example', [[null, 'viewer']]);
        const disabled = await addPerson(stage, 'disabled@agency.example', [[null, 'viewer']]);
        await stage.server.operator('POST', `/v1/users/${disabled}/disable`);
        const answers: unknown[] = [];
        for (const email of ['known', 'disabled', 'nobody']) {
          const response = await requestLink(stage, `${email}@agency.example`);
          const { date: _date, 'x-request-id': _id, ...headers } = Object.fromEntries(response.headers);
          answers.push({ status: response.status, headers, text: await response.text() });
        }
        assert.deepEqual(answers[1], answers[0]);
        assert.deepEqual(answers[2], answers[0]);
        await until(() => linksTo(stage, 'known@agency.example').length === 1, 'the mail');
        assert.deepEqual(linksTo(stage, 'disabled@agency.example'), []);
        assert.deepEqual(linksTo(stage, 'nobody@agency.example'), []);
      });

      it('is looked for only after the answer: a database that hangs on people delays no answer', async () => {
        const { store } = stage.server.ctx;
        let asked = 0;
        const selectFrom = store.selectFrom.bind(store);
        const hanging = (table: never) => {
          if ((table as unknown) !== 'users') return selectFrom(table);
          asked += 1;
          return new Proxy(
            {},
            {
              get: (_target, name, self) =>
                name === 'executeTakeFirst' ? () => new Promise(() => {}) : () => self,
            },
          );
        };
        Object.assign(store, { selectFrom: hanging });
        try {
          assert.equal((await requestLink(stage, 'known@agency.example')).status, 200);
          await until(() => asked > 0, 'the search for the person');
        } finally {
          Object.assign(store, { selectFrom });
        }
      });

      it('survives a mail scanner, and works once', async () => {
        await addPerson(stage, 'scanned@agency.example', [[null, 'owner']]);
        const url = await mailedLink(stage, 'scanned@agency.example');
        for (let time = 0; time < 3; time += 1) assert.equal((await stage.get(url)).status, 200);
        const answers = await Promise.all(Array.from({ length: 8 }, () => stage.post(url)));
        assert.deepEqual(answers.map(({ status }) => status).sort(), [303, ...Array(7).fill(404)]);
        const refused = await stage.get(url);
        assert.equal(refused.status, 404);
        assert.match(await refused.text(), /Get a new link here\.[\s\S]*E-mail me a link/);
      });

      it('is not sent for another site’s page, and only a few times an hour to one address from one network; its owner still gets one', async () => {
        await addPerson(stage, 'flooded@agency.example', [[null, 'viewer']]);
        const evil = { ...stage.elsewhere(), origin: 'https://evil.example' };
        assert.equal((await requestLink(stage, 'flooded@agency.example', evil)).status, 403);
        const stranger = stage.elsewhere();
        for (let time = 0; time < 9; time += 1) {
          assert.equal((await requestLink(stage, 'Flooded@Agency.example', stranger)).status, 200);
        }
        await until(() => linksTo(stage, 'flooded@agency.example').length >= 6, 'six mails');
        await mailedLink(stage, 'known@agency.example');
        assert.equal(linksTo(stage, 'flooded@agency.example').length, 6);
        await mailedLink(stage, 'flooded@agency.example');
        assert.equal(linksTo(stage, 'flooded@agency.example').length, 7);
        // From everywhere together, too, there is an end.
        for (let time = 0; time < 30; time += 1) await requestLink(stage, 'flooded@agency.example');
        await until(() => linksTo(stage, 'flooded@agency.example').length >= 30, 'thirty mails');
        await mailedLink(stage, 'known@agency.example');
        assert.equal(linksTo(stage, 'flooded@agency.example').length, 30);
      });

      it('that could not be delivered is shown to the operator', async () => {
        await addPerson(stage, 'bounced@agency.example', [[null, 'viewer']]);
        const { smtp } = stage.server.ctx;
        Object.assign(stage.server.ctx, {
          smtp: { url: 'smtp://127.0.0.1:1', from: 'voice@agency.example' },
        });
        const failedAt = async () =>
          (await members('/v1/users?search=BOUNCED')).find(({ email }) => email === 'bounced@agency.example')
            ?.mailFailedAt;
        assert.equal((await requestLink(stage, 'bounced@agency.example')).status, 200);
        await until(failedAt, 'the note');
        Object.assign(stage.server.ctx, { smtp: null });
        const page = await fetch(`${stage.server.url}/portal/link`);
        assert.match(await page.text(), /Ask the operator of this service for a sign-in link/);
        Object.assign(stage.server.ctx, { smtp });
        await mailedLink(stage, 'bounced@agency.example');
        await until(async () => (await failedAt()) === null, 'the note to go');
      });
    });

    describe('an invitation', () => {
      it('works for seven days, once, and makes the person belong there with that role', async () => {
        const owner = { email: 'First@Agency.example', role: 'owner' };
        const { url, email, mailedAt }: SentInvitation = (await invite(owner)).body;
        assert.equal(email, 'first@agency.example');
        assert.ok(mailedAt);
        assert.deepEqual(linksTo(stage, email), [url]);
        stage.server.clock.now += 7 * day - 1;
        assert.equal((await stage.get(url ?? '')).status, 200);
        const cookie = await use(stage, url ?? '');
        assert.equal((await stage.post(url ?? '')).status, 404);
        assert.equal((await me(cookie)).user.email, email);
        assert.ok((await members('/v1/users?search=first@')).some(({ role }) => role === 'owner'));
        const again = await invite(owner);
        assert.equal(codeOf(again), 'conflict');
      });

      it('that is old, sent again or revoked no longer works', async () => {
        const send = async (name: string): Promise<SentInvitation> =>
          (await invite({ email: `${name}@agency.example`, role: 'viewer' })).body;
        const old = await send('old');
        stage.server.clock.now += 7 * day;
        assert.equal((await stage.post(old.url ?? '')).status, 404);
        const first = await send('twice');
        const second: SentInvitation = (
          await stage.server.operator('POST', `/v1/invitations/${first.id}/resend`)
        ).body;
        assert.equal((await stage.post(first.url ?? '')).status, 404);
        assert.equal((await stage.server.operator('DELETE', `/v1/invitations/${second.id}`)).status, 204);
        assert.equal((await stage.post(second.url ?? '')).status, 404);
        const { invitations }: InvitationsAnswer = (await stage.server.operator('GET', '/v1/invitations'))
          .body;
        assert.ok(!invitations.some(({ email: to }) => to === 'twice@agency.example'));
      });

      it('of a client’s admin reaches its own client only, and no role of the operator', async () => {
        await addPerson(stage, 'admin@acme.example', [['acme', 'admin']]);
        const cookie = await enter(stage, 'admin@acme.example');
        const to = (path: string, role: string) => invite({ email: 'x@acme.example', role }, cookie, path);
        assert.equal((await to('/v1/invitations', 'viewer')).status, 404);
        assert.equal((await to('/v1/tenants/rival/invitations', 'viewer')).status, 404);
        for (const role of ['owner', 'manager']) {
          assert.equal((await to('/v1/tenants/acme/invitations', role)).status, 400);
        }
        const sent = await to('/v1/tenants/acme/invitations', 'viewer');
        assert.equal(sent.status, 201);
        assert.equal(sent.body.url, null, 'it was mailed, and is the invited person’s');
        const [staff] = await members();
        const change = { role: 'viewer', version: staff?.version };
        const path = `/v1/tenants/acme/users/${staff?.id}`;
        assert.equal((await stage.ask(cookie, 'PATCH', path, { body: change })).status, 404);
        assert.equal((await stage.ask(cookie, 'DELETE', path)).status, 404);
        const [self] = await members('/v1/tenants/acme/users?search=admin');
        const raise = { role: 'owner', version: self?.version };
        const own = `/v1/tenants/acme/users/${self?.id}`;
        assert.equal((await stage.ask(cookie, 'PATCH', own, { body: raise })).status, 400);
      });

      it('ends with the key that sent it, also through a sign-in', async () => {
        const expiresAt = new Date(stage.server.clock.now + day).toISOString();
        const key = { name: 'leaked', scopes: ['read', 'write'], expiresAt };
        const made = async () => (await stage.server.operator('POST', '/v1/keys', key)).body;
        const [revoked, expiring] = [await made(), await made()];
        const send = async (from: { key: string }, email: string): Promise<string> => {
          const headers = { authorization: `Bearer ${from.key}` };
          const link = await stage.ask('', 'POST', '/v1/sign-in-links', { headers });
          const cookie = await use(stage, link.body.url);
          return (await invite({ email, role: 'owner' }, cookie)).body.url;
        };
        const urls = [await send(revoked, 'one@evil.example'), await send(expiring, 'two@evil.example')];
        assert.deepEqual(
          await Promise.all(urls.map(async (url) => (await stage.get(url)).status)),
          [200, 200],
        );
        await stage.server.operator('DELETE', `/v1/keys/${revoked.id}`);
        stage.server.clock.now += day;
        assert.deepEqual(
          await Promise.all(urls.map(async (url) => (await stage.post(url)).status)),
          [404, 404],
        );
      });

      it('sent again and again is mailed a few times an hour, and takes no link’s place', async () => {
        await addPerson(stage, 'pestered@agency.example', [[null, 'viewer']]);
        const path = '/v1/tenants/acme/invitations';
        const first = await invite({ email: 'pestered@agency.example', role: 'viewer' }, '', path);
        let { id } = first.body;
        for (let time = 0; time < 8; time += 1) {
          ({ id } = (await stage.server.operator('POST', `${path}/${id}/resend`)).body);
        }
        assert.equal(linksTo(stage, 'pestered@agency.example').length, 6);
        assert.match(await mailedLink(stage, 'pestered@agency.example'), /sign-in/);
      });

      it('is mailed 200 times a day for one place, however many are revoked', async () => {
        const { frontLimits } = stage.server.ctx;
        const sent = (place: string, no: number) =>
          frontLimits.mayMailInvitation(place, `someone${no}@elsewhere.example`);
        for (let no = 0; no < 200; no += 1) assert.equal(await sent('one', no), true);
        assert.equal(await sent('one', 200), false);
        assert.equal(await sent('two', 201), true);
      });

      it('for an address that has a user opens nothing but the inviter’s own place', async () => {
        const boss = await addPerson(stage, 'boss@agency.example', [[null, 'owner']]);
        const { body } = await invite(
          { email: 'boss@agency.example', role: 'viewer' },
          '',
          '/v1/tenants/acme/invitations',
        );
        // Handed over, and used by someone who is not the owner of the address.
        const cookie = await use(stage, body.url);
        const seen = await me(cookie);
        assert.deepEqual([seen.role, seen.tenant.slug, seen.places], ['client', 'acme', undefined]);
        const away = await stage.ask(cookie, 'POST', '/v1/me/place', { body: { tenant: null } });
        assert.equal(away.status, 404);
        assert.equal((await stage.ask(cookie, 'GET', '/v1/users')).status, 404);
        const real = await enter(stage, 'boss@agency.example');
        const { sessions } = (await stage.ask(cookie, 'GET', '/v1/me/sessions')).body;
        assert.equal(sessions.length, 1, 'nor does it see the real one’s sessions');
        await stage.ask(cookie, 'POST', '/v1/sign-out', { body: { everywhere: true } });
        assert.equal(await stage.isIn(real), true);
        assert.ok((await members('/v1/users?search=boss')).some(({ id }) => id === boss));
      });
    });

    describe('a person', () => {
      it('of several places starts with the choice, and can change between them', async () => {
        await addPerson(stage, 'both@agency.example', [
          ['rival', 'admin'],
          ['acme', 'billing'],
        ]);
        const response = await stage.post(await mailedLink(stage, 'both@agency.example'));
        assert.equal(response.headers.get('location'), './choose');
        const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';', 1);
        const page = await fetch(`${stage.server.url}/portal/choose`, { headers: { cookie } });
        assert.match(await page.text(), /value="acme"[\s\S]*value="rival"/);
        const go = (tenant: string | null) =>
          stage.ask(cookie, 'POST', '/v1/me/place', { body: { tenant } }).then(({ status }) => status);
        assert.equal(await go('rival'), 204);
        assert.equal((await me(cookie)).tenant.slug, 'rival');
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/acme/usage')).status, 404);
        assert.equal(await go('acme'), 204);
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/acme/usage')).status, 200);
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/acme/calls')).status, 403);
        assert.deepEqual([await go(null), await go('nobody')], [404, 404]);
      });

      it('who is disabled, removed or given another role is so at the next request', async () => {
        const id = await addPerson(stage, 'soon@agency.example', [
          [null, 'manager'],
          ['acme', 'viewer'],
        ]);
        const cookie = await enter(stage, 'soon@agency.example');
        const pause = () => stage.ask(cookie, 'POST', '/v1/tenants/acme/resume').then(({ status }) => status);
        assert.equal(await pause(), 200);
        const change = { role: 'viewer', version: 1 };
        const path = `/v1/users/${id}`;
        assert.equal((await stage.server.operator('PATCH', path, change)).status, 204);
        assert.equal(await pause(), 403);
        const late = await stage.server.operator('PATCH', path, { role: 'owner', version: 1 });
        assert.equal(codeOf(late), 'conflict', 'the second of two who change it at once is refused');
        const unused = await mailedLink(stage, 'soon@agency.example');
        assert.equal((await stage.server.operator('POST', `${path}/disable`)).status, 204);
        assert.equal(await stage.isIn(cookie), false);
        assert.equal((await stage.post(unused)).status, 404);
        assert.equal((await stage.server.operator('POST', `${path}/enable`)).status, 204);
        assert.equal(await stage.isIn(cookie), false);
        const back = await enter(stage, 'soon@agency.example');
        assert.equal((await stage.server.operator('DELETE', path)).status, 204);
        assert.equal(await stage.isIn(back), false);
        assert.ok(
          (await members('/v1/tenants/acme/users')).some(({ email }) => email === 'soon@agency.example'),
        );
        assert.equal((await stage.server.operator('DELETE', `/v1/tenants/acme/users/${id}`)).status, 204);
        const row = await stage.server.ctx.store
          .selectFrom('users')
          .select('id')
          .where('id', '=', id)
          .execute();
        assert.deepEqual(row, [], 'who belongs nowhere is deleted');
      });

      it('of a deleted client is deleted with it, unless it belongs elsewhere, and so are open invitations', async () => {
        await stage.server.createTenant({ slug: 'leaving', name: 'leaving' });
        const only = await addPerson(stage, 'only@leaving.example', [['leaving', 'admin']]);
        const both = await addPerson(stage, 'both@leaving.example', [
          ['leaving', 'admin'],
          ['rival', 'viewer'],
        ]);
        const invited = await invite(
          { email: 'late@leaving.example', role: 'viewer' },
          '',
          '/v1/tenants/leaving/invitations',
        );
        const cookie = await enter(stage, 'only@leaving.example');
        assert.equal((await stage.server.operator('DELETE', '/v1/tenants/leaving')).status, 204);
        assert.equal(await stage.isIn(cookie), false);
        const { store } = stage.server.ctx;
        const users = await store.selectFrom('users').select('id').where('id', 'in', [only, both]).execute();
        assert.deepEqual(users, [{ id: both }]);
        const left = await store
          .selectFrom('memberships')
          .select('place')
          .where('userId', '=', both)
          .execute();
        assert.equal(left.length, 1);
        const open = await store
          .selectFrom('invitations')
          .select('id')
          .where('id', '=', invited.body.id)
          .execute();
        assert.deepEqual(open, []);
      });

      it('is found among many, page by page', async () => {
        for (let no = 10; no < 25; no += 1)
          await addPerson(stage, `page${no}@rival.example`, [['rival', 'viewer']]);
        const found: string[] = [];
        let cursor: string | null = '';
        while (cursor !== null) {
          const query = `search=PAGE&limit=4${cursor ? `&cursor=${cursor}` : ''}`;
          const answer: MembersAnswer = (
            await stage.server.operator('GET', `/v1/tenants/rival/users?${query}`)
          ).body;
          found.push(...answer.users.map(({ email }) => email));
          cursor = answer.nextCursor;
        }
        assert.equal(new Set(found).size, 15);
        assert.equal(found.length, 15);
        assert.deepEqual(await members('/v1/tenants/rival/users?search=%25'), []);
      });

      it('is in the audit log, by id', async () => {
        const { entries }: { entries: AuditEntry[] } = (
          await stage.server.operator('GET', '/v1/audit?limit=200')
        ).body;
        const actions = new Set(entries.map(({ action }) => action));
        for (const action of [
          'invitation.create',
          'invitation.accept',
          'user.role',
          'user.disable',
          'user.remove',
        ])
          assert.ok(actions.has(action), action);
        const accepted = entries.find(({ action }) => action === 'invitation.accept');
        assert.match(accepted?.actor ?? '', /^usr_/);
      });
    });

    describe('the last owner', () => {
      it('stays: of two owners who remove, demote or disable each other at once, one remains', async () => {
        const { store } = stage.server.ctx;
        const ways = [
          (id: string) => stage.server.operator('DELETE', `/v1/users/${id}`),
          (id: string) => stage.server.operator('PATCH', `/v1/users/${id}`, { role: 'viewer', version: 1 }),
          (id: string) => stage.server.operator('POST', `/v1/users/${id}/disable`),
        ];
        for (const [no, way] of ways.entries()) {
          await store
            .updateTable('memberships')
            .set({ role: 'viewer' })
            .where('role', '=', 'owner')
            .execute();
          const pair = await Promise.all(
            ['a', 'b'].map((name) => addPerson(stage, `${name}${no}@agency.example`, [[null, 'owner']])),
          );
          const answers = await Promise.all(pair.map(way));
          const statuses = answers.map(({ status }) => status).sort();
          assert.deepEqual(statuses, [204, 409], `way ${no}`);
          const left = (await members('/v1/users?limit=200')).filter(
            ({ role, disabledAt }) => role === 'owner' && disabledAt === null,
          );
          assert.equal(left.length, 1, `way ${no}`);
        }
      });
    });

    it('the operator’s key makes the first owner, who has a link sent', async () => {
      const made = await stage.server.operator('POST', '/v1/users', {
        email: 'Founder@agency.example',
        role: 'owner',
      });
      assert.equal(made.status, 201, made.text);
      const twice = await stage.server.operator('POST', '/v1/users', {
        email: 'founder@AGENCY.example',
        role: 'viewer',
      });
      assert.equal(codeOf(twice), 'conflict');
      const cookie = await enter(stage, 'founder@agency.example');
      assert.equal(
        (await stage.ask(cookie, 'GET', '/v1/keys', { headers: { origin: publicUrl } })).status,
        200,
      );
    });
  });
}
