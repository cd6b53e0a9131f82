/** The operator's staff signs in through OpenID Connect, at a real issuer; who else does not. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import Provider from 'oidc-provider';
import type { AuditEntry } from '../../../server/contract.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

const publicUrl = 'https://voice.agency.example';
const clientSecret = 'a secret of the issuer and this server';

interface Account {
  email: string;
  verified: boolean;
}

/** An issuer at which the person is whom the test has named, without a question. */
async function startIssuer() {
  let account: Account = { email: '', verified: true };
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{
          client_id: 'portal',
          client_secret: clientSecret,
          token_endpoint_auth_method: 'client_secret_post',
        },
        redirect_uris: [`${publicUrl}/portal/sso/callback`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['of this test'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: sub.slice(2), email_verified: sub.startsWith('v:') }),
    }),
  });
  const answer = provider.callback();
  server.on('request', async (req, res) => {
    if (!req.url?.startsWith('/interaction/')) return answer(req, res);
    const { prompt, params, grantId } = await provider.interactionDetails(req, res);
    const accountId = `${account.verified ? 'v' : 'u'}:${account.email}`;
    if (prompt.name === 'login') return provider.interactionFinished(req, res, { login: { accountId } });
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId, clientId: String(params.client_id) });
    grant?.addOIDCScope('openid email');
    return provider.interactionFinished(req, res, { consent: { grantId: (await grant?.save()) ?? '' } });
  });
  return {
    issuer,
    be: (email: string, verified = true) => {
      account = { email, verified };
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

for (const engine of testDatabases()) {
  describe(`OpenID Connect, on ${engine.name}`, () => {
    let issuer: Awaited<ReturnType<typeof startIssuer>>;
    let server: TestServer;
    before(async () => {
      issuer = await startIssuer();
      server = await start();
    });
    after(async () => {
      await server?.close();
      await issuer?.close();
    });
    const start = (changes: object = {}) =>
      startTestServer({
        engine,
        secrets: {
          oidc: {
            ...{ issuer: issuer.issuer, clientId: 'portal', clientSecret, newRole: null },
            allowed: ['agency.example', 'guest@other.example'],
            ...changes,
          },
        },
      });

    const cookiesOf = (response: Response) =>
      response.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '');
    /** @returns where the issuer is asked, and the browser's cookie for the way back */
    async function begin(at = server) {
      const response = await fetch(`${at.url}/portal/sso`, { redirect: 'manual' });
      assert.equal(response.status, 303, await response.text());
      return { url: response.headers.get('location') ?? '', cookie: cookiesOf(response)[0] ?? '' };
    }
    /** Follows the issuer's pages. @returns the address that it sends the browser back to */
    async function through(url: string): Promise<string> {
      const jar = new Map<string, string>();
      let next = url;
      while (!next.startsWith(publicUrl)) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
        for (const one of cookiesOf(response)) jar.set(...(one.split('=', 2) as [string, string]));
        const location = response.headers.get('location');
        assert.ok(location, `${response.status} ${await response.text()}`);
        next = new URL(location, next).href;
      }
      return next;
    }
    const back = (address: string, cookie: string, at = server) =>
      fetch(`${at.url}${address.slice(publicUrl.length)}`, { redirect: 'manual', headers: { cookie } });
    async function signIn(email: string, { verified = true, at = server } = {}): Promise<Response> {
      issuer.be(email, verified);
      const { url, cookie } = await begin(at);
      return back(await through(url), cookie, at);
    }
    const me = async (response: Response, at = server) => {
      const cookie = cookiesOf(response).find((one) => one.startsWith('__Host-vapi-agent=')) ?? '';
      return (await at.request('GET', '/v1/me', { headers: { cookie } })).body;
    };
    async function refused(response: Response, says: RegExp, status = 403): Promise<void> {
      assert.equal(response.status, status);
      assert.match(await response.text(), says);
      assert.ok(!cookiesOf(response).some((one) => /^__Host-vapi-agent=./.test(one)), 'no sign-in');
    }
    const invite = (email: string, role = 'manager') =>
      server.operator('POST', '/v1/invitations', { email, role });

    it('someone who is invited joins with that role, and signs in again; the audit says how', async () => {
      await invite('ann@agency.example');
      const first = await signIn('Ann@Agency.example');
      assert.equal(first.status, 303, await first.clone().text());
      assert.equal(first.headers.get('location'), '../');
      const { user, role, permissions } = await me(first);
      assert.deepEqual([user.email, role], ['ann@agency.example', 'operator']);
      assert.ok(permissions.includes('clients.manage') && !permissions.includes('team.manage'));
      assert.equal((await signIn('ann@agency.example')).status, 303);
      assert.deepEqual((await server.operator('GET', '/v1/invitations')).body.invitations, []);
      const { entries } = (await server.operator('GET', '/v1/audit?action=sign-in')).body;
      assert.deepEqual(
        entries.map(({ after }: AuditEntry) => (after as Record<string, unknown>).through),
        ['OpenID Connect', 'OpenID Connect'],
      );
    });

    it('an unverified address, one that is not allowed, and one that no one has invited are refused', async () => {
      await invite('bea@agency.example');
      await invite('cy@other.example');
      await refused(await signIn('bea@agency.example', { verified: false }), /has not verified/);
      await refused(await signIn('cy@other.example'), /does not belong/);
      await refused(await signIn('dee@agency.example'), /does not belong/);
      await refused(await signIn('bea@agency.example.evil.example'), /does not belong/);
      assert.equal((await signIn('bea@agency.example')).status, 303);
      await invite('guest@other.example');
      assert.equal((await signIn('guest@other.example')).status, 303);
    });

    it('an address with a letter that only looks like another in lower case is not that other person’s', async () => {
      await invite('kim@agency.example');
      // The Kelvin sign, whose lower case is k.
      await refused(await signIn('\u212Aim@agency.example'), /has not verified/);
      assert.equal((await signIn('Kim@agency.example')).status, 303);
    });

    it('a disabled person, and a client’s own, are refused; it opens the operator’s portal alone', async () => {
      await server.createTenant({ slug: 'acme' });
      await invite('eve@agency.example');
      assert.equal((await signIn('eve@agency.example')).status, 303);
      const { users } = (await server.operator('GET', '/v1/users?search=eve')).body;
      await server.operator('POST', `/v1/users/${users[0].id}/disable`);
      await refused(await signIn('eve@agency.example'), /does not belong/);
      const invitation = { email: 'flo@agency.example', role: 'admin' };
      await server.operator('POST', '/v1/tenants/acme/invitations', invitation);
      await refused(await signIn('flo@agency.example'), /does not belong/);
    });

    it('an answer works once, in the browser that was sent, within ten minutes', async () => {
      await invite('gil@agency.example');
      issuer.be('gil@agency.example');
      const mine = await begin();
      const address = await through(mine.url);
      const other = await begin();
      await refused(await back(address, ''), /another browser/);
      await refused(await back(address, other.cookie), /did not confirm/);
      assert.equal((await back(address, mine.cookie)).status, 303);
      await refused(await back(address, mine.cookie), /too long/);
      const again = await begin();
      const replayed = new URL(address);
      replayed.searchParams.set('state', new URL(again.url).searchParams.get('state') ?? '');
      await refused(await back(replayed.href, again.cookie), /did not confirm/);
      const late = await begin();
      const lateAddress = await through(late.url);
      server.clock.now += 10 * 60_000;
      await refused(await back(lateAddress, late.cookie), /too long/);
      const denied = await begin();
      const state = new URL(denied.url).searchParams.get('state');
      const query = `error=access_denied&error_description=<script>&state=${state}&next=https://evil.example`;
      await refused(
        await back(`${publicUrl}/portal/sso/callback?${query}`, denied.cookie),
        /did not confirm/,
      );
    });

    it('the issuer is asked with PKCE, state and nonce, and the way back is a cookie that other sites’ scripts cannot use', async () => {
      const { url } = await begin();
      const { searchParams } = new URL(url);
      assert.equal(searchParams.get('code_challenge_method'), 'S256');
      for (const name of ['code_challenge', 'state', 'nonce'])
        assert.ok((searchParams.get(name)?.length ?? 0) > 30);
      assert.equal(searchParams.get('redirect_uri'), `${publicUrl}/portal/sso/callback`);
      const response = await fetch(`${server.url}/portal/sso`, { redirect: 'manual' });
      const [set] = response.headers.getSetCookie();
      assert.match(set ?? '', /^__Host-vapi-agent-sso=[\w-]{43}; .*HttpOnly; Secure; SameSite=Lax/);
    });

    it('new staff gets the role from the settings, if they name one', async () => {
      const at = await start({ newRole: 'viewer' });
      try {
        const { user, permissions } = await me(await signIn('new@agency.example', { at }), at);
        assert.equal(user.email, 'new@agency.example');
        assert.ok(permissions.includes('clients.read') && !permissions.includes('clients.manage'));
        await refused(await signIn('new@foreign.example', { at }), /does not belong/);
      } finally {
        await at.close();
      }
    });

    it('an issuer that is down is a page that says so, and does not keep the server from starting', async () => {
      const at = await start({ issuer: 'http://127.0.0.1:9' });
      try {
        await refused(await fetch(`${at.url}/portal/sso`), /cannot be reached/, 503);
        assert.match(await (await fetch(`${at.url}/portal/link`)).text(), /company account/);
      } finally {
        await at.close();
      }
    });

    it('without settings there is no such page, and no link to it', async () => {
      const at = await startTestServer({ engine });
      try {
        assert.equal((await fetch(`${at.url}/portal/sso`)).status, 404);
        assert.doesNotMatch(await (await fetch(`${at.url}/portal/link`)).text(), /company account/);
      } finally {
        await at.close();
      }
    });
  });
}
