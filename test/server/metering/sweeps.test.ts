/** Many orgs are compared with Vapi side by side: how soon, how often, and what one of them can do to the others. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sweepEveryMs } from '../../../server/metering/sweep-schedule.ts';
import { placesOf, sweepNext } from '../../../server/metering/sweeps.ts';
import { findReservation, insertReservation, type Reservation } from '../../../server/store/reservations.ts';
import { sweepAgain, takeDueSweep, wakeSweep } from '../../../server/store/sweeps.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { sweepDue } from '../../support/sweep.ts';
import { until } from '../../support/until.ts';
import { day, hour, minute, type SweepStage, startSweepStage } from './sweep-stage.ts';

for (const engine of testDatabases()) describe(`sweeps, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let stage: SweepStage;
  before(async () => {
    stage = await startSweepStage(engine);
  });
  after(() => stage?.close());

  const pass = (ms: number) => {
    stage.server.clock.now += ms;
  };
  const sweep = () => sweepDue(stage.server.ctx);
  const lists = (requests: string[]) => requests.filter((request) => request.startsWith('GET /call?'));
  const lengthOf = (request: string) => {
    const query = new URLSearchParams(request.split('?')[1]);
    return Date.parse(query.get('createdAtLt') ?? '') - Date.parse(query.get('createdAtGe') ?? '');
  };
  /** Ends the work of earlier tests. */
  const rest = () => stage.server.ctx.store.updateTable('sweeps').set({ nextSweepAt: null }).execute();

  for (const [cadence, lastCallMs] of [
    ['busy', 30 * minute],
    ['quiet', 5 * hour],
    ['asleep', 5 * day],
  ] as const) {
    it(`finds a call whose report was lost within the time of an org that is ${cadence}`, async () => {
      await rest();
      const org = await stage.addOrg();
      stage.call(org, lastCallMs);
      await stage.server.ctx.store
        .updateTable('sweeps')
        .set({ listedTo: null, changedTo: stage.server.clock.now - 6 * day })
        .where('orgId', '=', org.orgId)
        .execute();
      assert.equal(await sweep(), 1);
      const row = await stage.row(org);
      assert.equal(row.cadence, cadence);
      pass(minute);
      const lost = stage.call(org);
      stage.server.clock.now = (row.nextSweepAt ?? 0) - 1;
      assert.equal(await sweep(), 0);
      pass(1);
      assert.ok(stage.server.clock.now - lost.createdAt <= sweepEveryMs[cadence]);
      assert.equal(await sweep(), 1);
      assert.equal(await stage.booked(lost.id), 100_000);
    });
  }

  it('leaves no org asleep whose clients give browsers a key: a call of theirs may show in nothing else', async () => {
    await rest();
    const org = await stage.addOrg();
    const set = (accessMode: 'proxy' | 'scoped-key') =>
      stage.server.ctx.store
        .updateTable('tenants')
        .set({ accessMode })
        .where('orgId', '=', org.orgId)
        .execute();
    for (const [accessMode, cadence] of [
      ['scoped-key', 'quiet'],
      ['proxy', 'asleep'],
    ] as const) {
      await set(accessMode);
      stage.server.clock.now = (await stage.row(org)).nextSweepAt ?? 0;
      await sweep();
      assert.equal((await stage.row(org)).cadence, cadence);
    }
  });

  it('asks once about an org in which nothing has happened', async () => {
    await rest();
    const org = await stage.addOrg();
    await sweep();
    assert.deepEqual(org.requests, ['POST /analytics']);
    assert.ok(org.bytes < 250, `${org.bytes} bytes`);
  });

  it('finds a changed cost of an old call, which no sum shows, within an hour and a sweep', async () => {
    await rest();
    const org = await stage.addOrg();
    const old = stage.call(org, 8 * day);
    await stage.server.ctx.store
      .updateTable('sweeps')
      .set({ sweptTo: stage.server.clock.now - 9 * day })
      .where('orgId', '=', org.orgId)
      .execute();
    await sweep();
    assert.equal(await stage.booked(old.id), 100_000);
    pass(minute);
    Object.assign(old, { cost: 0.25, updatedAt: stage.server.clock.now });
    pass(hour + sweepEveryMs.quiet);
    await sweep();
    assert.equal(await stage.booked(old.id), 250_000);
  });

  it('finds a call that Vapi neither marks as changed nor lists at first, by the sums of its hour', async () => {
    await rest();
    const org = await stage.addOrg();
    const late = stage.call(org, 3 * hour);
    pass(hour);
    await sweep();
    assert.equal(await stage.booked(late.id), 100_000);
    const [list = ''] = lists(org.requests).filter((request) => request.includes('createdAtGe'));
    assert.equal(lengthOf(list), hour, 'and of no other');
  });

  it('finds what no sum and no mark shows in the list of a day, which contains each call once', async () => {
    await rest();
    const org = await stage.addOrg();
    stage.call(org);
    pass(hour);
    await sweep();
    // Vapi replaces one call by another with the same figures.
    const [gone] = org.calls.splice(0, 1);
    const other = stage.call(org, hour);
    other.updatedAt = gone?.updatedAt ?? 0;
    for (let hours = 0; hours < 25; hours += 1) {
      pass(hour);
      await sweep();
    }
    assert.equal(await stage.booked(other.id), 100_000);
    const listed = lists(org.requests).filter((request) => request.includes('createdAtGe'));
    const hours = listed.reduce((sum, request) => sum + lengthOf(request) / hour, 0);
    assert.ok(hours >= 24 && hours <= 27, `${hours} hours`);
  });

  it('reads an hour that keeps differing only once', async () => {
    await rest();
    const org = await stage.addOrg();
    const strange = stage.call(org, 3 * hour);
    // One that cannot be booked: it is no call that this program knows.
    Object.assign(strange, { id: 'not-a-uuid' });
    stage.call(org);
    for (let time = 0; time < 4; time += 1) {
      pass(hour);
      await sweep();
    }
    const whole = lists(org.requests).filter((request) => request.includes('createdAtGe'));
    assert.equal(whole.length, 1);
  });

  it('reads lists where Vapi gives no sums, and finds the same', async () => {
    await rest();
    const org = await stage.addOrg();
    org.fault = 'no-sums';
    const lost = stage.call(org);
    pass(minute);
    await sweep();
    assert.equal(await stage.booked(lost.id), 100_000);
    const unmarked = stage.call(org, 30 * minute);
    unmarked.updatedAt = stage.server.clock.now - 5 * hour;
    pass(2 * hour);
    await sweep();
    assert.equal(await stage.booked(unmarked.id), 100_000);
  });

  it('lets an org that never answers, one without end and one that fails hold no other', async () => {
    await rest();
    const poisoned = [];
    for (const fault of ['hold', 'endless', 500, 429] as const) {
      const org = await stage.addOrg(-hour);
      org.fault = fault;
      poisoned.push(org);
    }
    const others = [];
    for (let index = 0; index < 12; index += 1) others.push(await stage.addOrg());
    const lost = others.map((org) => stage.call(org));
    pass(1000);
    const stop = new AbortController();
    const work = sweepDue(stage.server.ctx, placesOf(stage.server.ctx, stop.signal));
    await until(async () => {
      const costs = await Promise.all(lost.map(({ id }) => stage.booked(id)));
      return costs.every((cost) => cost === 100_000);
    }, 'the calls of the other orgs');
    await until(() => stage.vapi.held() > 0, 'the org that does not answer');
    stop.abort();
    // Given back by the stop, it is due again at once: nothing may answer now.
    await work;
    const [hold, endless, failing, limited] = await Promise.all(poisoned.map((org) => stage.row(org)));
    const now = stage.server.clock.now;
    assert.deepEqual([hold?.nextSweepAt, endless?.nextSweepAt], [now, now]);
    assert.equal(failing?.failures, 1);
    assert.ok((failing?.nextSweepAt ?? 0) > now + 4 * minute);
    assert.ok((limited?.nextSweepAt ?? 0) >= now + 30 * minute, 'as long as Vapi asked for');
  });

  it('gives an org that does not end its turn in time up, for longer each time', async () => {
    await rest();
    const org = await stage.addOrg();
    org.fault = 'hold';
    const places = { ...placesOf(stage.server.ctx), limit: () => AbortSignal.timeout(1) };
    const pauses: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      assert.equal(await sweepNext(stage.server.ctx, places), true);
      const { nextSweepAt } = await stage.row(org);
      pauses.push(((nextSweepAt ?? 0) - stage.server.clock.now) / minute);
      stage.server.clock.now = nextSweepAt ?? 0;
    }
    const about = [5, 10, 20, 40, 60];
    assert.ok(
      pauses.every((pause, time) => pause <= (about[time] ?? 0) && pause >= 0.9 * (about[time] ?? 0)),
      `${pauses}`,
    );
    org.fault = null;
    await sweep();
    assert.equal((await stage.row(org)).failures, 0);
  });

  it('continues where a turn was cut short, after the others, and counts that as no failure', async () => {
    await rest();
    const { ctx, clock } = stage.server;
    const org = await stage.addOrg();
    const sweptTo = clock.now - 8 * day;
    await ctx.store.updateTable('sweeps').set({ sweptTo }).where('orgId', '=', org.orgId).execute();
    const first = stage.call(org, 7 * day + 12 * hour);
    const last = stage.call(org, hour);
    for (const call of org.calls) call.updatedAt = clock.now - 9 * day;
    // Once it has answered for three days, it holds.
    org.holdsAfter = 7;
    const limit = new AbortController();
    const turn = sweepNext(ctx, { ...placesOf(ctx), limit: () => limit.signal });
    await until(() => stage.vapi.held() > 0, 'the answer that does not come');
    limit.abort();
    await turn;
    const row = await stage.row(org);
    assert.deepEqual([row.failures, row.nextSweepAt], [0, clock.now]);
    assert.ok(row.sweptTo > sweptTo);
    assert.deepEqual([await stage.booked(first.id), await stage.booked(last.id)], [100_000, undefined]);
    org.holdsAfter = null;
    org.requests = [];
    await sweep();
    assert.equal(await stage.booked(last.id), 100_000);
    const froms = lists(org.requests).map((request) =>
      new URLSearchParams(request.split('?')[1]).get('createdAtGe'),
    );
    assert.ok(
      froms.every((from) => from === null || Date.parse(from) >= row.sweptTo - day),
      `${froms}`,
    );
  });

  it('keeps half of the places for orgs that do not fail', async () => {
    await rest();
    const { ctx } = stage.server;
    const failing = await stage.addOrg(-hour);
    await ctx.store.updateTable('sweeps').set({ failures: 3 }).where('orgId', '=', failing.orgId).execute();
    const places = { ...placesOf(ctx), atOnce: 2, troubled: 1 };
    assert.equal(await sweepNext(ctx, places), false);
    await stage.addOrg();
    assert.equal(await sweepNext(ctx, places), true);
    assert.equal(await sweepNext(ctx, { ...places, troubled: 0 }), true);
    assert.equal((await stage.row(failing)).failures, 0);
  });

  it('is woken at once, unless it is being swept or fails, and listed again when its assistants change', async () => {
    await rest();
    const { ctx, clock } = stage.server;
    const org = await stage.addOrg(hour);
    const soon = clock.now + 5 * minute;
    const put = (changes: object) =>
      ctx.store.updateTable('sweeps').set(changes).where('orgId', '=', org.orgId).execute();
    for (const [changes, due] of [
      [{ claim: 'another', failures: 0 }, clock.now + hour],
      [{ claim: null, failures: 1 }, clock.now + hour],
      [{ claim: null, failures: 0 }, soon],
    ] as const) {
      await put(changes);
      await wakeSweep(ctx.store, org.orgId, soon);
      assert.equal((await stage.row(org)).nextSweepAt, due);
    }
    await put({ failures: 4 });
    await sweepAgain(ctx.store, org.orgId, clock.now);
    const { nextSweepAt, failures, listedTo } = await stage.row(org);
    assert.deepEqual([nextSweepAt, failures, listedTo], [clock.now, 0, null]);
  });

  it('is due at once after a change of its key during its turn, whose end says nothing about the new key', async () => {
    await rest();
    const { ctx, clock } = stage.server;
    const org = await stage.addOrg();
    org.fault = 'hold';
    const limit = new AbortController();
    const turn = sweepNext(ctx, { ...placesOf(ctx), limit: () => limit.signal });
    await until(() => stage.vapi.held() > 0, 'the answer that does not come');
    await sweepAgain(ctx.store, org.orgId, clock.now);
    limit.abort();
    await turn;
    const { nextSweepAt, failures, listedTo } = await stage.row(org);
    assert.deepEqual([nextSweepAt, failures, listedTo], [clock.now, 0, null]);
  });

  it('keeps a start reserved while the sums differ: its call may be one that no list has shown yet', async () => {
    await rest();
    const { ctx, clock } = stage.server;
    clock.now = Math.ceil(clock.now / hour) * hour + 59 * minute;
    const org = await stage.addOrg();
    const { id: tenantId } = org.tenant;
    const read = { listedTo: clock.now - 12 * hour, hoursAt: clock.now - 55 * minute };
    await ctx.store.updateTable('sweeps').set(read).where('orgId', '=', org.orgId).execute();
    const reservation: Reservation = {
      ...{ id: `ses_${org.orgId}`, tenantId, kind: 'call', generation: 1, month: '2026-11', state: 'held' },
      ...{ amountMicros: 1000, maxSeconds: 60, accessMode: 'proxy', assistantId: org.assistantId },
      ...{
        visitorNetwork: '192.0.2.1',
        visitorSite: null,
        callId: null,
        consentVersion: null,
        priceMicros: 0,
        pricePool: null,
      },
      ...{ createdAt: clock.now - 80 * minute, leaseExpiresAt: clock.now - 70 * minute },
    };
    await insertReservation(ctx.store, reservation);
    const late = stage.call(org, 80 * minute);
    await sweep();
    assert.equal(await stage.booked(late.id), undefined);
    assert.equal((await findReservation(ctx.store, tenantId, reservation.id))?.state, 'held');
    // Its hour is compared.
    pass(hour);
    await sweep();
    assert.equal(await stage.booked(late.id), 100_000);
    assert.equal((await findReservation(ctx.store, tenantId, reservation.id))?.state, 'released');
  });

  it('of 200 orgs, by three processes of which one is killed, book 99 of 100 lost calls within 15 minutes', async () => {
    await rest();
    const { ctx, clock } = stage.server;
    const count = 200;
    const orgs = [];
    for (let index = 0; index < count; index += 1)
      orgs.push(await stage.addOrg((index / count) * sweepEveryMs.quiet));
    // Days with calls, so that they are not asleep.
    await ctx.store
      .updateTable('tenants')
      .set({ updatedAt: clock.now - 2 * hour })
      .execute();
    const lost = new Map<string, number>();
    const lags: number[] = [];
    let processes = [1, 2, 3].map(() => placesOf(ctx));
    for (let passed = 0; passed < 40 && (passed < 20 || lost.size > 0); passed += 1) {
      for (const [index, org] of orgs.entries()) {
        if (passed >= 20 || (index * 7) % 20 !== passed) continue;
        const { id, createdAt } = stage.call(org);
        lost.set(id, createdAt);
      }
      pass(minute);
      if (passed === 5) {
        processes = processes.slice(1);
        for (let place = 0; place < 8; place += 1)
          await takeDueSweep(ctx.store, { claim: 'killed', lapsesAt: clock.now + 3 * minute }, clock.now);
      }
      await Promise.all(processes.map((places) => sweepDue(ctx, places)));
      if (lost.size === 0) continue;
      const rows = await ctx.store
        .selectFrom('calls')
        .select('id')
        .where('id', 'in', [...lost.keys()])
        .execute();
      for (const { id } of rows) {
        lags.push(clock.now - (lost.get(id) ?? 0));
        lost.delete(id);
      }
    }
    assert.equal(lags.length, count);
    lags.sort((a, b) => a - b);
    const p99 = (lags[Math.floor(count * 0.99)] ?? 0) / minute;
    assert.ok(p99 <= 15, `${p99} minutes`);
  });
}
