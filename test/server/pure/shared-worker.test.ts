/** One tenant whose server hangs, or whose work fails, delays no other's work beside the requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { startSharedWorker } from '../../../server/base/shared-worker.ts';
import { until } from '../../support/until.ts';

interface Row {
  tenantId: string;
  no: number;
}

/** Rows in the order in which they are due; `act` says what becomes of one. */
function startOn(
  rows: Row[],
  limits: { atOnce: number; each?: number },
  act: (row: Row) => Promise<boolean>,
) {
  const log: string[] = [];
  const worker = startSharedWorker<Row>(pino({ level: 'error' }, { write: (line) => void log.push(line) }), {
    ...{ ...limits, pauseMs: 1 },
    async takeDue(closedTo) {
      const next = rows.findIndex(({ tenantId }) => !closedTo.includes(tenantId));
      return next === -1 ? null : (rows.splice(next, 1)[0] ?? null);
    },
    work: act,
  });
  return { worker, log };
}
const rowsOf = (tenantId: string, count: number): Row[] =>
  Array.from({ length: count }, (_, no) => ({ tenantId, no }));

test('the rows of a tenant whose server hangs leave places for everyone else', async () => {
  let release = () => {};
  const hang = new Promise<void>((resolve) => {
    release = resolve;
  });
  const done: string[] = [];
  let held = 0;
  const rows = [...rowsOf('hangs', 50), ...rowsOf('a', 20), ...rowsOf('b', 20)];
  const { worker } = startOn(rows, { atOnce: 4 }, async ({ tenantId }) => {
    if (tenantId === 'hangs') {
      held += 1;
      await hang;
    }
    done.push(tenantId);
    return true;
  });
  await until(() => done.length === 40, 'the rows of the others');
  assert.equal(held, 2);
  rows.length = 0;
  release();
  await worker.stop();
});

test('a row that cannot be worked on is logged, and the next ones are worked on', async () => {
  const done: number[] = [];
  const { worker, log } = startOn(rowsOf('a', 5), { atOnce: 2, each: 1 }, async ({ no }) => {
    if (no === 0) throw new Error('unreadable');
    done.push(no);
    return true;
  });
  await until(() => done.length === 4, 'the other rows');
  await worker.stop();
  assert.deepEqual(done, [1, 2, 3, 4], 'one at a time, in their order');
  assert.ok(log.some((line) => line.includes('unreadable')));
});

test('a stop waits for what is in progress, and begins nothing more', async () => {
  let release = () => {};
  const hang = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  let ended = 0;
  const { worker } = startOn(rowsOf('a', 9), { atOnce: 2 }, async () => {
    begun += 1;
    await hang;
    ended += 1;
    return true;
  });
  await until(() => begun === 1, 'the first row');
  const stopped = worker.stop();
  release();
  await stopped;
  assert.deepEqual([begun, ended], [1, 1]);
});
