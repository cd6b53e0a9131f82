/**
 * The comparison with Vapi, for many organizations: sweeps a second with answers that take 200 ms, the delay for 10,000
 * organizations that follows from it, and what a day of calls costs in bytes. SQLite, one process. `BENCH_ORGS`,
 * `BENCH_PLACES` and `BENCH_CALLS` change the size.
 */
import { ingestCallEvent } from '../../server/metering/ingest.ts';
import { sweepEveryMs } from '../../server/metering/sweep-schedule.ts';
import { placesOf } from '../../server/metering/sweeps.ts';
import type { Cadence } from '../../server/store/sweeps.ts';
import { readServerMessage } from '../../server/vapi/messages.ts';
import {
  hour,
  minute,
  type StagedOrg,
  type SweepStage,
  startSweepStage,
} from '../server/metering/sweep-stage.ts';
import { defaultEngine } from '../support/postgres.ts';
import { sweepDue } from '../support/sweep.ts';

const orgCount = Number(process.env.BENCH_ORGS ?? 400);
const places = Number(process.env.BENCH_PLACES ?? 8);
const callsADay = Number(process.env.BENCH_CALLS ?? 40);
/** How an agency's 10,000 organizations are thought to be. */
const share: Record<Cadence, number> = { busy: 0.1, quiet: 0.4, asleep: 0.5 };
const answerMs = 200;
const goalTimes = 3;
const goalLagMinutes = 15;

const missed: string[] = [];
await throughput();
await bytes();
process.exitCode = missed.length > 0 ? 1 : 0;
for (const goal of missed) print('MISSED', goal);

/** Quiet: one request each. Busy: a lost call in each, so that the changes are listed, too. */
async function throughput(): Promise<void> {
  const stage = await startSweepStage(defaultEngine);
  try {
    const orgs: StagedOrg[] = [];
    for (let index = 0; index < orgCount; index += 1) orgs.push(await stage.addOrg());
    stage.vapi.answerMs = answerMs;
    const quiet = await rate(stage, orgs);
    for (const org of orgs) stage.call(org);
    stage.server.clock.now += 2 * minute;
    const busy = await rate(stage, orgs);
    const ideal = (places * 1000) / answerMs;
    print('sweeps of one request', `${quiet.perSecond.toFixed(1)}/s`, `${ideal}/s if only Vapi took time`);
    print(
      'sweeps that find a lost call',
      `${busy.perSecond.toFixed(1)}/s`,
      `${busy.requests.toFixed(1)} requests each`,
    );
    lagOf10000(quiet.perSecond, busy.perSecond);
  } finally {
    await stage.close();
  }
}

async function rate(stage: SweepStage, orgs: StagedOrg[]) {
  const { ctx, clock } = stage.server;
  await ctx.store.updateTable('sweeps').set({ nextSweepAt: clock.now }).execute();
  for (const org of orgs) org.requests = [];
  const startedAt = performance.now();
  const swept = await sweepDue(ctx, { ...placesOf(ctx), atOnce: places });
  const seconds = (performance.now() - startedAt) / 1000;
  const requests = orgs.reduce((sum, org) => sum + org.requests.length, 0) / swept;
  return { perSecond: swept / seconds, requests };
}

/**
 * A lost report is found by the next sweep of its org: at the latest after its cadence, and the wait for a place. With
 * less work than the places can do, that wait is short; the places' share in use is printed for that reason.
 */
function lagOf10000(quiet: number, busy: number): void {
  const orgs = 10_000;
  const demand = (cadence: Cadence) => (orgs * share[cadence] * 1000) / (sweepEveryMs[cadence] * 0.95);
  const inUse = demand('busy') / busy + (demand('quiet') + demand('asleep')) / quiet;
  const total = demand('busy') + demand('quiet') + demand('asleep');
  print(
    `${orgs} orgs: sweeps needed`,
    `${total.toFixed(1)}/s`,
    `${(inUse * 100).toFixed(0)} % of one process`,
  );
  // All that is due in one cadence could be due at once: then the last waits until they are done.
  const turn = (orgs * share.busy) / busy + (orgs * (share.quiet + share.asleep)) / quiet;
  const worst = (cadence: Cadence) => (sweepEveryMs[cadence] / 1000 + turn) / 60;
  const spread = (cadence: Cadence) => sweepEveryMs[cadence] / minute;
  print(
    '  longest lag, due times spread: busy, quiet',
    `${spread('busy')}, ${spread('quiet')} min`,
    'asleep: 60 min',
  );
  print(
    '  if all 10,000 are due at once',
    `${(turn / 60).toFixed(1)} min`,
    `quiet: ${worst('quiet').toFixed(1)} min`,
  );
  if (inUse >= 1) missed.push('one process cannot keep up with 10,000 organizations');
  if (spread('quiet') > goalLagMinutes) missed.push('the lag of a quiet organization');
}

/** Twelve hours with calls, twelve without; each is reported, so that sweeps only confirm. */
async function bytes(): Promise<void> {
  for (const kilobytes of [4, 20]) {
    const stage = await startSweepStage(defaultEngine);
    try {
      stage.vapi.padding = kilobytes * 1000;
      const org = await stage.addOrg();
      const { clock, ctx } = stage.server;
      const end = clock.now + 24 * hour;
      const everyMs = (12 * hour) / callsADay;
      let nextCallAt = clock.now + everyMs;
      let [calls, size] = [0, 0];
      while (clock.now < end) {
        const due = (await stage.row(org)).nextSweepAt ?? end;
        const isCall = calls < callsADay && nextCallAt <= due;
        clock.now = isCall ? nextCallAt : due;
        if (!isCall) {
          await sweepDue(ctx);
          continue;
        }
        const call = stage.call(org);
        size += stage.vapi.sizeOf(org, call);
        calls += 1;
        nextCallAt += everyMs;
        await report(stage, org, call.id, call.cost);
        await ctx.backgroundDone();
      }
      const times = org.bytes / size;
      print(
        `a day of ${calls} calls of ${kilobytes} kB, bytes from Vapi`,
        `${times.toFixed(2)} times`,
        `${org.requests.length} requests, ${Math.round(org.bytes / 1000)} kB`,
      );
      if (times > goalTimes) missed.push(`bytes of calls of ${kilobytes} kB`);
    } finally {
      await stage.close();
    }
  }
}

async function report({ server }: SweepStage, org: StagedOrg, id: string, cost: number): Promise<void> {
  const now = server.clock.now;
  const at = new Date(now).toISOString();
  const message = {
    ...{ type: 'end-of-call-report', timestamp: now, startedAt: at, cost },
    endedAt: new Date(now + minute).toISOString(),
    endedReason: 'customer-ended-call',
    call: { id, type: 'inboundPhoneCall', assistantId: org.assistantId, createdAt: at },
  };
  const event = readServerMessage({ message }, now, 'https://api.vapi.ai')?.event;
  if (!event) throw new Error('not a report');
  await ingestCallEvent(server.ctx, org.tenant, event);
  server.ctx.wakeSweep(org.orgId);
}

function print(what: string, figure: string, beside = ''): void {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(14)}  ${beside}\n`);
}
