/** Each case is an attack over HTTP; each must end with its code and leave nothing behind. */
import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { testDatabases } from '../../support/postgres.ts';
import { testTime } from '../../support/test-server.ts';
import { bodyAttacks } from './bodies.ts';
import { challengeAttacks } from './challenges.ts';
import { limitAttacks } from './limits.ts';
import { operatorAttacks } from './operator-api.ts';
import { originAttacks } from './origins.ts';
import { pathAttacks } from './paths.ts';
import { sessionAttacks } from './sessions.ts';
import { type Attack, type Stage, startStage } from './stage.ts';
import { webhookAttacks } from './webhooks.ts';

const groups: Record<string, Attack[]> = {
  'from another page': originAttacks,
  'with a session or token': sessionAttacks,
  'with a body': bodyAttacks,
  'against a limit': limitAttacks,
  'against the challenge': challengeAttacks,
  'as Vapi': webhookAttacks,
  'as the operator': operatorAttacks,
  'by path, method and headers': pathAttacks,
};

// The library that checks a proof of work reads its expiry by the system's clock.
before(() => mock.timers.enable({ apis: ['Date'], now: testTime }));
after(() => mock.timers.reset());

for (const engine of testDatabases()) {
  describe(`attacks, on ${engine.name}`, () => {
    let stage: Stage;
    before(async () => {
      stage = await startStage(engine);
    });
    after(() => stage?.close());

    it('are run where an honest visitor succeeds', async () => {
      const grant = await stage.newcomer().grant('acme');
      assert.ok(stage.emulator.calls().some(({ id }) => id === grant.callId));
    });

    for (const [title, attacks] of Object.entries(groups)) {
      describe(title, () => {
        for (const attack of attacks) it(attack.name, () => stage.play(attack));
      });
    }
  });
}
