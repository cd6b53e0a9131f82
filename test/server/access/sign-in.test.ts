/** Signing in to the portal: the link, the cookie, and what each of the two roles can do with it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  type AuditEntry,
  clientAccessOf,
  clientSwitchNames,
  type MeAnswer,
  roles,
} from '../../../server/contract.ts';
import { startMailSink } from '../../support/mail-sink.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { publicUrl, type SignInStage, startSignInStage } from './sign-in-stage.ts';

const minute = 60_000;
const hour = 60 * minute;

for (const engine of testDatabases()) {
  describe(`signing in, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());

    describe('the link', () => {
      it('becomes a cookie that no script can read and no other site can send', async () => {
        const { url, expiresAt } = await stage.linkFor();
        assert.equal(Date.parse(expiresAt), stage.server.clock.now + 15 * minute);
        assert.match(url, /^https:\/\/voice\.agency\.example\/portal\/sign-in\?token=[\w-]{43}$/);
        const response = await stage.post(url);
        assert.equal(response.status, 303);
        assert.equal(response.headers.get('location'), './');
        assert.match(
          response.headers.get('set-cookie') ?? '',
          /^__Host-vapi-agent=[\w-]{43}; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
        );
      });

      it('is not used up by opening it, and the page does not contain its token', async () => {
        const { url } = await stage.linkFor();
        for (let time = 1; time <= 3; time += 1) {
          const page = await stage.get(url);
          assert.equal(page.status, 200);
          assert.match(await page.text(), /<form method="post"><button>Sign in<\/button><\/form>/);
          assert.match(
            page.headers.get('content-security-policy') ?? '',
            /^default-src 'none'; style-src 'sha2/,
          );
          assert.equal(page.headers.get('cache-control'), 'no-store');
          assert.equal(page.headers.get('set-cookie'), null);
        }
        assert.equal((await stage.post(url)).status, 303);
      });

      it('signs in one of 20 who use it at once', async () => {
        const { url } = await stage.linkFor();
        const answers = await Promise.all(Array.from({ length: 20 }, () => stage.post(url)));
        const statuses = answers.map(({ status }) => status).sort();
        assert.deepEqual(statuses, [303, ...Array(19).fill(404)]);
        assert.equal(answers.filter(({ headers }) => headers.has('set-cookie')).length, 1);
      });

      it('works until its last second, and never for another page', async () => {
        const { url } = await stage.linkFor();
        stage.server.clock.now += 15 * minute - 1;
        assert.equal((await stage.get(url)).status, 200);
        for (const headers of [{ origin: 'https://evil.example' }, {}, { 'sec-fetch-site': 'cross-site' }]) {
          assert.equal((await stage.post(url, headers)).status, 403);
        }
        assert.equal(
          (await stage.post(url, { 'sec-fetch-site': 'same-origin', origin: 'null' })).status,
          303,
        );
      });

      it('that is old, used, wrong or of a deleted client gets the same page', async () => {
        const pages = new Set<string>();
        const refused = async (url: string) => {
          for (const response of [await stage.get(url), await stage.post(url)]) {
            assert.equal(response.status, 404);
            assert.equal(response.headers.get('set-cookie'), null);
            pages.add(await response.text());
          }
        };
        const old = await stage.linkFor();
        stage.server.clock.now += 15 * minute;
        await refused(old.url);
        const used = await stage.linkFor();
        await stage.post(used.url);
        await refused(used.url);
        await refused(`${publicUrl}/portal/sign-in?token=${'a'.repeat(43)}`);
        await refused(`${publicUrl}/portal/sign-in?token=short`);
        await refused(`${publicUrl}/portal/sign-in`);
        await stage.server.createTenant({ slug: 'leaving', name: 'Leaving' });
        const leaving = await stage.linkFor({ tenant: 'leaving' });
        await stage.server.operator('DELETE', '/v1/tenants/leaving');
        await refused(leaving.url);
        assert.equal(pages.size, 1);
        assert.match([...pages][0] ?? '', /This link does not work/);
      });

      it('cannot be guessed: a network that tries too often is slowed down', async () => {
        const headers = { 'x-forwarded-for': '203.0.113.9', origin: publicUrl };
        const guess = () =>
          fetch(`${stage.server.url}/portal/sign-in?token=${'b'.repeat(43)}`, { method: 'POST', headers });
        const statuses: number[] = [];
        for (let time = 0; time < 31; time += 1) statuses.push((await guess()).status);
        assert.equal(statuses.at(29), 404);
        assert.equal(statuses.at(30), 429);
      });

      it('is made by an operator who may read and write, for a client that exists', async () => {
        const keyWith = async (input: object) =>
          (await stage.server.operator('POST', '/v1/keys', { name: 'test', ...input })).body.key as string;
        const make = async (input: object) => {
          const headers = {
            authorization: `Bearer ${await keyWith(input)}`,
            'content-type': 'application/json',
          };
          return (await stage.server.request('POST', '/v1/sign-in-links', { headers, body: {} })).status;
        };
        assert.equal(await make({ scopes: ['read'] }), 403);
        assert.equal(await make({ scopes: ['write'] }), 403);
        assert.equal(await make({ tenant: 'acme' }), 404);
        assert.equal(await make({ scopes: ['read', 'write'] }), 201);
        const unknown = await stage.server.operator('POST', '/v1/sign-in-links', { tenant: 'nobody' });
        assert.equal(codeOf(unknown), 'invalid_request');
      });

      for (const end of ['is revoked', 'expires']) {
        it(`ends when the key that it was made with ${end}, and so does every sign-in created from it`, async () => {
          const expiresAt = new Date(stage.server.clock.now + minute).toISOString();
          const { id, key } = (
            await stage.server.operator('POST', '/v1/keys', {
              name: 'ci',
              scopes: ['read', 'write'],
              expiresAt,
            })
          ).body;
          const make = async (headers: Record<string, string>): Promise<string> => {
            const all = {
              'content-type': 'application/json',
              origin: publicUrl,
              ...stage.elsewhere(),
              ...headers,
            };
            return (await stage.server.request('POST', '/v1/sign-in-links', { headers: all, body: {} })).body
              .url;
          };
          const open = async (url: string) =>
            ((await stage.post(url)).headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
          const unused = await make({ authorization: `Bearer ${key}` });
          const cookie = await open(await make({ authorization: `Bearer ${key}` }));
          const another = await open(await make({ cookie }));
          assert.deepEqual([await stage.isIn(cookie), await stage.isIn(another)], [true, true]);
          if (end === 'expires') stage.server.clock.now += minute;
          else await stage.server.operator('DELETE', `/v1/keys/${id}`);
          assert.deepEqual([await stage.isIn(cookie), await stage.isIn(another)], [false, false]);
          assert.deepEqual([(await stage.get(unused)).status, (await stage.post(unused)).status], [404, 404]);
        });
      }

      it('is mailed if requested, and the answer says so', async () => {
        assert.equal((await stage.linkFor({ tenant: 'acme' })).mailed, false);
        assert.equal(stage.mail.mails.length, 0);
        const { url, mailed } = await stage.linkFor({ tenant: 'acme', email: 'owner@acme.example' });
        assert.equal(mailed, true);
        const text = (stage.mail.mails[0] ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=');
        assert.match(text, /^To: owner@acme\.example\r$/m);
        assert.ok(text.includes(url));
      });

      it('is also valid when the mail server refuses it', async () => {
        const { smtp } = stage.server.ctx;
        const { mails: _mails, ...gone } = await startMailSink();
        await gone.close();
        Object.assign(stage.server.ctx, { smtp: { url: gone.url, from: 'voice@agency.example' } });
        const { url, mailed } = await stage.linkFor({ email: 'owner@agency.example' });
        Object.assign(stage.server.ctx, { smtp });
        assert.equal(mailed, false);
        assert.equal((await stage.post(url)).status, 303);
      });

      it('is kept, like the cookie, as a hash only', async () => {
        const { url } = await stage.linkFor();
        const token = new URL(url).searchParams.get('token') ?? '';
        const cookie = (await stage.signIn()).split('=')[1] ?? '';
        const { store } = stage.server.ctx;
        const links = await store.selectFrom('signInLinks').selectAll().execute();
        const signIns = await store.selectFrom('signIns').selectAll().execute();
        const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
        assert.ok(links.some(({ hash }) => hash === sha256(token)));
        assert.ok(signIns.some(({ hash }) => hash === sha256(cookie)));
        const everything = JSON.stringify([
          links,
          signIns,
          await store.selectFrom('audit').selectAll().execute(),
        ]);
        assert.ok(!everything.includes(token) && !everything.includes(cookie));
      });
    });

    describe('the cookie', () => {
      it('is valid for twelve hours, however it is used', async () => {
        const cookie = await stage.signIn();
        stage.server.clock.now += 12 * hour - 1;
        assert.equal(await stage.isIn(cookie), true);
        stage.server.clock.now += 1;
        assert.equal(await stage.isIn(cookie), false);
        await stage.linkFor();
        const left = await stage.server.ctx.store.selectFrom('signIns').selectAll().execute();
        assert.ok(
          left.every(({ expiresAt }) => expiresAt > stage.server.clock.now),
          'expired ones are forgotten',
        );
      });

      it('says who is signed in, and how the operator looks', async () => {
        const seller = {
          name: 'Voice Agency',
          logoUrl: 'https://cdn.example/logo.svg',
          accentColor: '#aa3355',
        };
        assert.equal((await stage.server.operator('PUT', '/v1/billing/seller', seller)).status, 200);
        const me = async (cookie: string): Promise<MeAnswer> =>
          (await stage.ask(cookie, 'GET', '/v1/me')).body;
        assert.deepEqual(await me(await stage.signIn()), {
          role: 'operator',
          tenant: null,
          mayWrite: true,
          permissions: roles.operator.owner,
          access: Object.fromEntries(clientSwitchNames.map((name) => [name, true])),
          stripe: false,
          talk: false,
          branding: seller,
          now: new Date(stage.server.clock.now).toISOString(),
        });
        assert.deepEqual(await me(await stage.signIn({ tenant: 'acme' })), {
          role: 'client',
          tenant: { slug: 'acme', name: 'Acme', timeZone: 'UTC', status: 'active' },
          mayWrite: false,
          permissions: roles.client.viewer,
          access: clientAccessOf({}),
          branding: seller,
          now: new Date(stage.server.clock.now).toISOString(),
        });
        const page = await (await stage.get((await stage.linkFor()).url)).text();
        assert.match(page, /<h1>Sign in to Voice Agency<\/h1>/);
        assert.match(page, /<img src="https:\/\/cdn\.example\/logo\.svg" alt="Voice Agency">/);
      });

      it('has no effect beside a key, nor when it is malformed', async () => {
        const cookie = await stage.signIn();
        const wrongKey = { authorization: 'Bearer vak_wrong' };
        assert.equal((await stage.ask(cookie, 'GET', '/v1/me', { headers: wrongKey })).status, 401);
        assert.equal((await stage.ask(`${cookie}x`, 'GET', '/v1/me')).status, 401);
        assert.equal((await stage.ask(cookie.replace('__Host-', ''), 'GET', '/v1/me')).status, 401);
        assert.equal((await stage.ask(`a=b; ${cookie}; c=d`, 'GET', '/v1/me')).status, 200);
      });

      it('ends with signing out, alone or everywhere', async () => {
        const [one, two, client] = [
          await stage.signIn(),
          await stage.signIn(),
          await stage.signIn({ tenant: 'acme' }),
        ];
        const out = await stage.ask(one, 'POST', '/v1/sign-out');
        assert.equal(out.status, 204);
        assert.match(
          out.headers.get('set-cookie') ?? '',
          /^__Host-vapi-agent=; Path=\/; Expires=Thu, 01 Jan 1970/,
        );
        assert.deepEqual(
          [await stage.isIn(one), await stage.isIn(two), await stage.isIn(client)],
          [false, true, true],
        );
        const { url } = await stage.linkFor();
        await stage.ask(two, 'POST', '/v1/sign-out', { body: { everywhere: true } });
        assert.deepEqual([await stage.isIn(two), await stage.isIn(client)], [false, true]);
        assert.equal((await stage.get(url)).status, 404, 'nor is there a link left to come back with');
      });

      it('of a client is ended by the operator, and another client’s stays', async () => {
        const operator = await stage.signIn();
        const acme = [await stage.signIn({ tenant: 'acme' }), await stage.signIn({ tenant: 'acme' })];
        const rival = await stage.signIn({ tenant: 'rival' });
        const refused = await stage.ask(rival, 'POST', '/v1/sign-out', { body: { tenant: 'acme' } });
        assert.equal(codeOf(refused), 'not_found');
        const out = await stage.ask(operator, 'POST', '/v1/sign-out', { body: { tenant: 'acme' } });
        assert.equal(out.status, 204);
        assert.equal(out.headers.get('set-cookie'), null);
        assert.deepEqual(await Promise.all([...acme, rival, operator].map(stage.isIn)), [
          false,
          false,
          true,
          true,
        ]);
      });

      it('of a paused client still shows its data; a deleted client’s is invalid', async () => {
        await stage.server.createTenant({ slug: 'short-lived', name: 'Short' });
        const cookie = await stage.signIn({ tenant: 'short-lived' });
        await stage.server.operator('POST', '/v1/tenants/short-lived/pause');
        const me: MeAnswer = (await stage.ask(cookie, 'GET', '/v1/me')).body;
        assert.equal(me.tenant?.status, 'paused');
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/short-lived/usage')).status, 200);
        await stage.server.operator('DELETE', '/v1/tenants/short-lived');
        assert.equal(await stage.isIn(cookie), false);
        await stage.server.createTenant({ slug: 'short-lived', name: 'Another' });
        assert.equal((await stage.ask(cookie, 'GET', '/v1/tenants/short-lived/usage')).status, 401);
      });

      it('is recorded in the audit log', async () => {
        const entries = async (): Promise<AuditEntry[]> =>
          (await stage.server.operator('GET', '/v1/audit')).body.entries;
        stage.server.clock.now += 1000;
        const { url } = await stage.linkFor({ tenant: 'acme' });
        stage.server.clock.now += 1000;
        const [cookie = ''] = ((await stage.post(url)).headers.get('set-cookie') ?? '').split(';', 1);
        stage.server.clock.now += 1000;
        await stage.ask(cookie, 'POST', '/v1/sign-out');
        const [out, signedIn, link] = await entries();
        const said = [out, signedIn, link].map((entry) => [entry?.action, entry?.tenant]);
        assert.deepEqual(said, [
          ['sign-out', 'acme'],
          ['sign-in', 'acme'],
          ['sign-in-link.create', 'acme'],
        ]);
        assert.match(out?.actor ?? '', /^sgn_/);
        assert.equal(out?.actor, signedIn?.actor);
        assert.equal(link?.actor, 'operator');
      });
    });
  });
}
