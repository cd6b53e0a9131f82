/** What is deleted after a while, and what never is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { pruneNext } from '../../../server/access/pruning.ts';
import { insertAudit } from '../../../server/store/audit.ts';
import { saveCallResults } from '../../../server/store/call-results.ts';
import { claimReservation, insertReservation, type Reservation } from '../../../server/store/reservations.ts';
import { countStart } from '../../../server/store/starts.ts';
import { deleteTenant, findTenant } from '../../../server/store/tenants.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const dayMs = 86_400_000;

for (const engine of testDatabases()) {
  describe(`pruning, on ${engine.name}`, () => {
    let server: TestServer;
    let tenantId: string;
    before(async () => {
      server = await startTestServer({ engine, config: { keepDays: 100 } });
      await server.createTenant({ slug: 'acme' });
      tenantId = (await findTenant(server.ctx.store, 'acme'))?.id ?? '';
    });
    after(() => server.close());

    const ago = (days: number) => server.clock.now - days * dayMs;
    const addStart = async (id: string, changes: Partial<Reservation>) => {
      const reservation: Reservation = {
        ...{ id, tenantId, kind: 'call', generation: 0, month: '2026-11', amountMicros: 1, maxSeconds: 60 },
        ...{ state: 'released', leaseExpiresAt: 0, accessMode: 'proxy', assistantId: 'assistant' },
        ...{ visitorNetwork: 'n', visitorSite: null, callId: null, consentVersion: '1', createdAt: ago(36) },
        priceMicros: 0,
        pricePool: null,
        ...changes,
      };
      await insertReservation(server.ctx.store, reservation);
      await countStart(server.ctx.store, reservation);
    };
    const addNotice = (id: string, period: string, changes: object) =>
      server.ctx.store
        .insertInto('notices')
        .values({
          ...{ id, tenantId, kind: 'budget-80', period, payload: '{}', createdAt: ago(101) },
          ...{ urlPending: 0, emailPending: 0, attempts: 1, nextAttemptAt: null },
          ...changes,
        })
        .execute();
    const addAudit = (id: string, at: number) =>
      insertAudit(server.ctx.store, {
        ...{ id, at, actor: 'operator', action: 'tenants.update', tenant: 'acme' },
        ...{ before: null, after: null, requestId: 'req' },
      });
    const idsOf = async (table: 'reservations' | 'notices' | 'audit') =>
      (await server.ctx.store.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id);

    it('deletes starts that led to no call, old counts, and the log; never a call’s evidence or what is open', async () => {
      await addStart('ses_called', { state: 'settled', callId: 'call' });
      await addStart('ses_held', { state: 'held' });
      await addStart('ses_led_to_nothing', {});
      await addStart('ses_recent', { createdAt: ago(34) });
      await addStart('ses_today', { createdAt: ago(0) });
      await addNotice('a-month', '2026-07', {});
      await addNotice('an-invoice', 'INV-2026-0001', {});
      await addNotice('b-day', '2026-07-30', {});
      await addNotice('not-sent', '2026-06', { nextAttemptAt: 5 });
      await addNotice('recent', '2026-08', { createdAt: ago(99) });
      await addAudit('aud_old', ago(101));
      await addAudit('aud_recent', ago(99));
      assert.equal(await pruneNext(server.ctx), false);
      assert.deepEqual(await idsOf('reservations'), ['ses_called', 'ses_held', 'ses_recent', 'ses_today']);
      assert.deepEqual(await idsOf('notices'), ['an-invoice', 'not-sent', 'recent']);
      const audit = await idsOf('audit');
      assert.ok(audit.includes('aud_recent') && !audit.includes('aud_old'), String(audit));
      const counts = await server.ctx.store.selectFrom('startCounts').select('minute').execute();
      assert.deepEqual(
        counts.map(({ minute }) => minute),
        [Math.floor(server.clock.now / 60_000)],
      );
    });

    it('erases what calls of a client achieved that was deleted a month ago, whatever its retention', async () => {
      const { store } = server.ctx;
      const kept: Record<string, number> = { gone: 31, left: 29 };
      for (const [slug, days] of Object.entries(kept)) {
        await server.createTenant({ slug });
        const id = (await findTenant(store, slug))?.id ?? '';
        await saveCallResults(store, {
          ...{ tenantId: id, callId: slug, success: 1, contentSealed: 'sealed', measures: '{}' },
          ...{ language: null, contentFrom: 1, erasedAt: null },
        });
        await deleteTenant(store, id, ago(days));
      }
      await pruneNext(server.ctx);
      const rows = await store.selectFrom('callResults').selectAll().orderBy('callId').execute();
      assert.deepEqual(
        rows.map(({ callId, contentSealed, success }) => [callId, contentSealed, success]),
        [
          ['gone', null, null],
          ['left', 'sealed', 1],
        ],
      );
    });

    it('leaves a start that a call claims just then', async () => {
      const { store } = server.ctx;
      await addStart('ses_claimed', {});
      let pruned: Promise<unknown> = Promise.resolve();
      await store.transaction().execute(async (db) => {
        const claim = { tenantId, id: 'ses_claimed', assistantId: 'assistant', callId: 'late' };
        assert.ok(await claimReservation(db, claim));
        pruned = pruneNext(server.ctx);
        // On SQLite it has not begun: there is one connection.
        if (engine.name === 'PostgreSQL') await until(isBlocked, 'the deletion, which waits for the row');
      });
      await pruned;
      assert.ok((await idsOf('reservations')).includes('ses_claimed'));
    });
    const isBlocked = async () => {
      const { rows } = await sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(server.ctx.store);
      return rows.length > 0;
    };

    it('deletes a thousand at a time, until there are none', async () => {
      for (let index = 0; index < 1001; index += 1) await addAudit(`aud_many_${index}`, ago(200));
      assert.equal(await pruneNext(server.ctx), true);
      assert.equal(await pruneNext(server.ctx), false);
      assert.equal((await idsOf('audit')).filter((id) => id.startsWith('aud_many_')).length, 0);
    });
  });
}

it('keeps the log and notices for ever unless a setting says otherwise', async () => {
  const server = await startTestServer();
  await insertAudit(server.ctx.store, {
    ...{ id: 'aud_first', at: 0, actor: 'operator', action: 'tenants.update', tenant: null },
    ...{ before: null, after: null, requestId: 'req' },
  });
  await pruneNext(server.ctx);
  const kept = await server.ctx.store
    .selectFrom('audit')
    .select('id')
    .where('id', '=', 'aud_first')
    .execute();
  await server.close();
  assert.equal(kept.length, 1);
});
