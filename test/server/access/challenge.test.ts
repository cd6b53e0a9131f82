/** The proof of work, as an honest browser meets it. */
import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf, pageOrigin, startTestServer, type TestServer, testTime } from '../../support/test-server.ts';

// The library that solves and checks reads the expiry by the system's clock.
before(() => mock.timers.enable({ apis: ['Date'], now: testTime }));
after(() => mock.timers.reset());

for (const engine of testDatabases()) {
  describe(`the challenge, on ${engine.name}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ engine });
      await server.createTenant({ challenge: 'altcha' });
      await server.createTenant({ slug: 'open' });
    });
    after(() => server?.close());

    const get = (path: string) => server.request('GET', path, { headers: { origin: pageOrigin } });
    const ask = (challenge?: string) =>
      server.request('POST', '/v1/sessions', {
        headers: { origin: pageOrigin, 'content-type': 'text/plain' },
        body: { tenant: 'acme', challenge },
      });

    it('is announced with the settings, solved, and opens one session', async () => {
      const { challenge: announced } = (await get('/v1/widget/acme')).body;
      assert.deepEqual(announced, { kind: 'altcha', path: '/v1/widget/acme/challenge' });
      const answer = await get(announced.path);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(codeOf(await ask()), 'challenge_required');
      const challenge = answer.body as Challenge;
      const solution = await solveChallenge({ challenge, deriveKey });
      const solved = Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
      assert.equal((await ask(solved)).status, 201);
      assert.equal(codeOf(await ask(solved)), 'challenge_required');
    });

    it('in many simultaneous requests opens one session', async () => {
      const challenge = (await get('/v1/widget/acme/challenge')).body as Challenge;
      const solution = await solveChallenge({ challenge, deriveKey });
      const solved = Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(solved)));
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    });

    it('used ones are forgotten once they could no longer be used', async () => {
      const rows = () => server.ctx.store.selectFrom('usedChallenges').selectAll().execute();
      assert.ok((await rows()).length > 0);
      server.clock.now += 10 * 60_000;
      const challenge = (await get('/v1/widget/acme/challenge')).body as Challenge;
      const solution = await solveChallenge({ challenge, deriveKey });
      await ask(Buffer.from(JSON.stringify({ challenge, solution })).toString('base64'));
      assert.equal((await rows()).length, 1);
    });

    it('does not exist if the tenant requires none', async () => {
      assert.equal((await get('/v1/widget/open')).body.challenge, undefined);
      assert.equal(codeOf(await get('/v1/widget/open/challenge')), 'not_found');
    });
  });
}
