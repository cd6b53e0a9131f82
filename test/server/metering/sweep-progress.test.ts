/** An org with more to read than a turn has time for gets on with every turn. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { placesOf, sweepNext } from '../../../server/metering/sweeps.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { day, hour, minute, type SweepStage, startSweepStage } from './sweep-stage.ts';

for (const engine of testDatabases()) describe(`a long sweep, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let stage: SweepStage;
  before(async () => {
    stage = await startSweepStage(engine);
  });
  after(() => stage?.close());

  it('continues the list of changes of a long stop where a turn was cut short', async () => {
    const { ctx, clock } = stage.server;
    const org = await stage.addOrg();
    const stoppedAt = clock.now - 8 * day;
    const read = { sweptTo: stoppedAt, changedTo: stoppedAt };
    await ctx.store.updateTable('sweeps').set(read).where('orgId', '=', org.orgId).execute();
    // More than one answer contains, and a turn has time for one.
    for (let age = 0; age < 8 * day; age += 10 * minute) stage.call(org, age);
    org.holdsAfter = 1;
    for (let from = stoppedAt, turns = 0; turns < 2; turns += 1) {
      org.requests = [];
      const limit = new AbortController();
      const turn = sweepNext(ctx, { ...placesOf(ctx), limit: () => limit.signal });
      await until(() => stage.vapi.held() > 0, 'the answer that does not come');
      limit.abort();
      await turn;
      await until(() => stage.vapi.held() === 0, 'the end of the request');
      const { failures, changedTo } = await stage.row(org);
      assert.equal(failures, 0);
      assert.ok((changedTo ?? 0) > from);
      const first = new URLSearchParams(org.requests[0]?.split('?')[1]).get('updatedAtGe') ?? '';
      assert.equal(Date.parse(first), from - hour);
      from = changedTo ?? 0;
    }
  });
}
