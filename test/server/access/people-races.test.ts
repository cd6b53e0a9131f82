/** One person removed and invited at the same moment. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testDatabases } from '../../support/postgres.ts';
import { addPerson } from './people-stage.ts';
import { type SignInStage, startSignInStage } from './sign-in-stage.ts';

for (const engine of testDatabases()) {
  describe(`people at the same moment, on ${engine.name}`, () => {
    let stage: SignInStage;
    before(async () => {
      stage = await startSignInStage(engine);
    });
    after(() => stage?.close());

    it('an invitation is accepted while the person is removed elsewhere: both succeed, and the person belongs there', async () => {
      for (let time = 0; time < 10; time += 1) {
        const email = `race${time}@agency.example`;
        const id = await addPerson(stage, email, [['rival', 'viewer']]);
        const invitation = { email, role: 'viewer' };
        const sent = await stage.server.operator('POST', '/v1/tenants/acme/invitations', invitation);
        const [accepted, removed] = await Promise.all([
          stage.post(sent.body.url),
          stage.server.operator('DELETE', `/v1/tenants/rival/users/${id}`),
        ]);
        assert.deepEqual([accepted.status, removed.status], [303, 204]);
        const { users } = (await stage.server.operator('GET', `/v1/tenants/acme/users?search=race${time}@`))
          .body;
        assert.equal(users.length, 1);
      }
    });
  });
}
