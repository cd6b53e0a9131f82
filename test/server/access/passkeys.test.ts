/** Passkeys: adding one's own, signing in with them, and what does not sign in. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry, PasskeysAnswer } from '../../../server/contract.ts';
import { type Authenticator, createAuthenticator } from '../../support/authenticator.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { addPerson, enter, use } from './people-stage.ts';
import { publicUrl, type SignInStage, startSignInStage } from './sign-in-stage.ts';

const here = { origin: publicUrl, rpId: new URL(publicUrl).hostname };
const minute = 60_000;

for (const engine of testDatabases()) {
  describe(`passkeys, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());

    const options = async (cookie: string) => stage.ask(cookie, 'POST', '/v1/me/passkeys/options');
    const save = (cookie: string, response: object, name = 'Telephone') =>
      stage.ask(cookie, 'POST', '/v1/me/passkeys', { body: { name, response } });
    async function add(cookie: string, device = createAuthenticator()): Promise<Authenticator> {
      const answer = await save(cookie, device.register((await options(cookie)).body, here));
      assert.equal(answer.status, 201, answer.text);
      return device;
    }
    const list = async (cookie: string): Promise<PasskeysAnswer> =>
      (await stage.ask(cookie, 'GET', '/v1/me/passkeys')).body;

    /** A browser is asked to sign in. */
    async function asked(headers: Record<string, string> = { origin: publicUrl }) {
      const answer = await stage.ask('', 'POST', '/v1/passkey-sign-in/options', { headers });
      const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
      return { answer, cookie, options: answer.body as { challenge: string } };
    }
    const answer = (cookie: string, response: object, headers?: Record<string, string>) =>
      stage.ask(cookie, 'POST', '/v1/passkey-sign-in', {
        body: { response },
        ...(headers ? { headers } : {}),
      });
    async function signIn(device: Authenticator) {
      const ask = await asked();
      return answer(ask.cookie, device.sign(ask.options, here));
    }
    const cookieOf = (headers: Headers) =>
      headers.getSetCookie().flatMap((one) => /^__Host-vapi-agent=[\w-]{43}/.exec(one) ?? [])[0] ?? '';
    const refusal = { status: 403, code: 'forbidden' };
    const seen = (one: Awaited<ReturnType<typeof answer>>) => ({ status: one.status, code: codeOf(one) });
    const person = async (name: string, places: Parameters<typeof addPerson>[2] = [[null, 'manager']]) => {
      const email = `${name}@agency.example`;
      const id = await addPerson(stage, email, places);
      return { id, email, cookie: await enter(stage, email) };
    };

    it('a person adds one, sees it by its name, signs in with it, renames and removes it; the audit says so', async () => {
      const jo = await person('jo');
      assert.deepEqual(await list(jo.cookie), { passkeys: [], mayAdd: true });
      const device = await add(jo.cookie);
      const signedIn = await signIn(device);
      assert.equal(signedIn.status, 200, signedIn.text);
      const set = signedIn.headers.getSetCookie().find((one) => one.startsWith('__Host-vapi-agent='));
      assert.match(set ?? '', /; Path=\/; .*HttpOnly; Secure; SameSite=Strict/);
      const cookie = cookieOf(signedIn.headers);
      assert.equal((await stage.ask(cookie, 'GET', '/v1/me')).body.user.email, jo.email);
      const [first] = (await list(cookie)).passkeys;
      assert.ok(first);
      assert.equal(first.name, 'Telephone');
      assert.equal(first.lastUsedAt, new Date(stage.server.clock.now).toISOString());
      const path = `/v1/me/passkeys/${first.id}`;
      assert.equal((await stage.ask(cookie, 'PATCH', path, { body: { name: 'Key ring' } })).status, 204);
      assert.equal((await list(cookie)).passkeys[0]?.name, 'Key ring');
      assert.equal((await stage.ask(cookie, 'DELETE', path)).status, 204);
      assert.equal((await stage.ask(cookie, 'DELETE', path)).status, 404);
      assert.deepEqual(seen(await signIn(device)), refusal);
      const { entries } = (await stage.server.operator('GET', `/v1/audit?actor=${jo.id}`)).body;
      assert.deepEqual(entries.map(({ action }: AuditEntry) => action).sort(), [
        'passkey.create',
        'passkey.delete',
        'passkey.rename',
        'sign-in',
        'sign-in',
        'sign-in-link.request',
      ]);
      const by = entries.flatMap(({ action, after }: AuditEntry) => (action === 'sign-in' ? [after] : []));
      assert.ok(by.some((after: Record<string, unknown>) => after.passkey === first.id));
    });

    it('a request to sign in is the same for everyone, and names no person and no passkey', async () => {
      const { answer: first, options: one } = await asked();
      assert.equal(first.status, 200);
      assert.match(
        first.headers.get('set-cookie') ?? '',
        /^__Host-vapi-agent-passkey=[\w-]{43}; .*SameSite=Strict/,
      );
      assert.deepEqual({ ...one, challenge: '' }, { ...(await asked()).options, challenge: '' });
      assert.deepEqual(Object.keys(one).sort(), ['challenge', 'rpId', 'timeout', 'userVerification']);
    });

    it('a signature signs in once, in the browser that was asked, within five minutes', async () => {
      const { cookie } = await person('once');
      const device = await add(cookie);
      const mine = await asked();
      const signature = device.sign(mine.options, here);
      const other = await asked();
      assert.deepEqual(seen(await answer(other.cookie, signature)), refusal, 'another browser');
      assert.deepEqual(seen(await answer('', signature)), refusal, 'no browser');
      const together = await Promise.all([1, 2, 3].map(() => answer(mine.cookie, signature)));
      assert.deepEqual(together.map(({ status }) => status).sort(), [200, 403, 403]);
      assert.deepEqual(seen(await answer(mine.cookie, signature)), refusal, 'replayed');
      const late = await asked();
      stage.server.clock.now += 5 * minute;
      assert.deepEqual(seen(await answer(late.cookie, device.sign(late.options, here))), refusal, 'late');
      assert.equal((await signIn(device)).status, 200);
    });

    it('a wrong answer also uses up the challenge', async () => {
      const { cookie } = await person('wrong');
      const device = await add(cookie);
      const ask = await asked();
      const wrong = createAuthenticator().sign(ask.options, here);
      assert.deepEqual(seen(await answer(ask.cookie, wrong)), refusal);
      assert.deepEqual(seen(await answer(ask.cookie, device.sign(ask.options, here))), refusal);
    });

    it('a signature for another page or site, without verifying the person, or of another passkey is refused', async () => {
      const { cookie, id } = await person('site');
      const device = await add(cookie);
      const bent: [string, Parameters<Authenticator['sign']>[1]][] = [
        ['another origin', { ...here, origin: 'https://evil.example' }],
        ['another port', { ...here, origin: `${publicUrl}:8443` }],
        ['another site', { ...here, rpId: 'evil.example' }],
        ['unverified', { ...here, userVerified: false }],
      ];
      for (const [what, how] of bent) {
        const ask = await asked();
        assert.deepEqual(seen(await answer(ask.cookie, device.sign(ask.options, how))), refusal, what);
      }
      const ask = await asked();
      const stranger = createAuthenticator();
      stranger.setUserHandle(Buffer.from(id).toString('base64url'));
      const forged = { ...stranger.sign(ask.options, here), id: device.id, rawId: device.id };
      assert.deepEqual(seen(await answer(ask.cookie, forged)), refusal, 'its name, another key');
      device.setUserHandle(Buffer.from('usr_someone').toString('base64url'));
      assert.deepEqual(seen(await signIn(device)), refusal, 'says that it is someone else’s');
      device.setUserHandle(null);
      assert.equal((await signIn(device)).status, 200);
    });

    it('a counter that goes back or stays is a copy, and is refused', async () => {
      const device = await add((await person('counter')).cookie);
      device.setCounter(7);
      assert.equal((await signIn(device)).status, 200);
      assert.deepEqual(seen(await signIn(device)), refusal);
      device.setCounter(3);
      assert.deepEqual(seen(await signIn(device)), refusal);
      device.setCounter(8);
      assert.equal((await signIn(device)).status, 200);
    });

    it('only pages of this server begin or finish', async () => {
      const device = await add((await person('pages')).cookie);
      const evil = { origin: 'https://evil.example' };
      assert.equal((await asked(evil)).answer.status, 403);
      const ask = await asked();
      assert.equal((await answer(ask.cookie, device.sign(ask.options, here), evil)).status, 403);
      assert.equal((await answer(ask.cookie, device.sign(ask.options, here))).status, 200);
    });

    it('a session adds one only within an hour of signing in, and never from what another session was asked', async () => {
      const mine = await person('fresh');
      const other = await enter(stage, mine.email);
      const device = createAuthenticator();
      const registered = device.register((await options(mine.cookie)).body, here);
      assert.deepEqual(seen(await save(other, registered)), { status: 409, code: 'conflict' });
      assert.equal((await save(mine.cookie, registered)).status, 201);
      assert.deepEqual(seen(await save(mine.cookie, registered)), { status: 409, code: 'conflict' });
      const late = createAuthenticator().register((await options(mine.cookie)).body, here);
      stage.server.clock.now += 60 * minute;
      assert.equal((await list(mine.cookie)).mayAdd, false);
      assert.deepEqual(seen(await options(mine.cookie)), refusal);
      assert.deepEqual(seen(await save(mine.cookie, late)), refusal);
    });

    it('one asked for another page or site, or that does not verify the person, is not added', async () => {
      const { cookie } = await person('attest');
      for (const how of [
        { ...here, origin: 'https://evil.example' },
        { ...here, rpId: 'evil.example' },
        { ...here, userVerified: false },
      ]) {
        const response = createAuthenticator().register((await options(cookie)).body, how);
        assert.deepEqual(seen(await save(cookie, response)), { status: 409, code: 'conflict' });
      }
      assert.deepEqual((await list(cookie)).passkeys, []);
    });

    it('of another person it is not found, and cannot be added a second time', async () => {
      const mine = await person('mine');
      const theirs = await person('theirs');
      const device = await add(mine.cookie);
      const [passkey] = (await list(mine.cookie)).passkeys;
      const path = `/v1/me/passkeys/${passkey?.id}`;
      assert.equal((await stage.ask(theirs.cookie, 'DELETE', path)).status, 404);
      assert.equal((await stage.ask(theirs.cookie, 'PATCH', path, { body: { name: 'x' } })).status, 404);
      const again = device.register((await options(theirs.cookie)).body, here);
      assert.deepEqual(seen(await save(theirs.cookie, again)), { status: 409, code: 'conflict' });
      assert.deepEqual((await list(theirs.cookie)).passkeys, []);
    });

    it('a key, a sign-in without a person and an operator who looks as a client have none and add none', async () => {
      assert.equal((await stage.server.operator('POST', '/v1/me/passkeys/options')).status, 404);
      const link = await stage.signIn();
      assert.deepEqual(await list(link), { passkeys: [], mayAdd: false });
      assert.equal((await options(link)).status, 404);
      const { cookie } = await person('viewing');
      const asViewer = createAuthenticator().register((await options(cookie)).body, here);
      await stage.ask(cookie, 'POST', '/v1/tenants/acme/view-as');
      assert.equal((await list(cookie)).mayAdd, false);
      assert.deepEqual(seen(await options(cookie)), refusal);
      assert.deepEqual(seen(await save(cookie, asViewer)), refusal);
    });

    it('one added after an invitation opens that place alone, and ends with it', async () => {
      const { id } = await person('both', [
        [null, 'viewer'],
        ['acme', 'viewer'],
      ]);
      await stage.server.operator('DELETE', `/v1/tenants/acme/users/${id}`);
      const invited = { email: 'both@agency.example', role: 'viewer' };
      const sent = await stage.server.operator('POST', '/v1/tenants/acme/invitations', invited);
      const handedOver = await use(stage, sent.body.url);
      const device = await add(handedOver);
      const me = async (one: Awaited<ReturnType<typeof signIn>>) =>
        (await stage.ask(cookieOf(one.headers), 'GET', '/v1/me')).body;
      const signedIn = await me(await signIn(device));
      assert.equal(signedIn.tenant.slug, 'acme');
      assert.equal(signedIn.places, undefined);
      await stage.server.operator('DELETE', `/v1/tenants/acme/users/${id}`);
      assert.deepEqual(seen(await signIn(device)), refusal);
      const rows = await stage.server.ctx.store
        .selectFrom('passkeys')
        .selectAll()
        .where('userId', '=', id)
        .execute();
      assert.deepEqual(rows, []);
    });

    it('of a removed or disabled person, or of a deleted client’s, it signs no one in', async () => {
      const gone = await person('gone');
      const device = await add(gone.cookie);
      await stage.server.operator('POST', `/v1/users/${gone.id}/disable`);
      assert.deepEqual(seen(await signIn(device)), refusal);
      await stage.server.operator('POST', `/v1/users/${gone.id}/enable`);
      assert.equal((await signIn(device)).status, 200);
      assert.equal((await stage.server.operator('DELETE', `/v1/users/${gone.id}`)).status, 204);
      assert.deepEqual(seen(await signIn(device)), refusal);
      const left = await stage.server.ctx.store
        .selectFrom('passkeys')
        .select('id')
        .where('userId', '=', gone.id)
        .execute();
      assert.deepEqual(left, []);
      await stage.server.createTenant({ slug: 'short', name: 'Short' });
      const client = await add((await person('client', [['short', 'admin']])).cookie);
      assert.equal((await signIn(client)).status, 200);
      await stage.server.operator('DELETE', '/v1/tenants/short');
      assert.deepEqual(seen(await signIn(client)), refusal);
    });

    it('a flood of requests to sign in is refused, and what has expired is not kept', async () => {
      const headers = { origin: publicUrl, 'x-forwarded-for': '203.0.113.9' };
      const flood = await Promise.all(Array.from({ length: 70 }, () => asked(headers)));
      assert.equal(flood.filter((one) => one.answer.status === 429).length, 10);
      stage.server.clock.now += 5 * minute;
      await asked();
      const rows = await stage.server.ctx.store.selectFrom('signInAttempts').select('holder').execute();
      assert.equal(rows.length, 1);
    });
  });
}
