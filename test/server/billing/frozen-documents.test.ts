/** "A finalized invoice never changes", by any writer: what the database itself refuses. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { InvoiceView } from '../../../server/contract.ts';
import type { Store } from '../../../server/store/database.ts';
import { testDatabases } from '../../support/postgres.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { planOf } from './support.ts';

for (const engine of testDatabases()) {
  describe(`frozen documents on ${engine.name}`, () => {
    let stage: BillingStage;
    before(async () => {
      stage = await startBillingStage({ engine });
    });
    after(() => stage?.close());
    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/tenants/${path}`, body);

    it('cannot be changed by any statement once they are frozen: the database itself refuses', async () => {
      await stage.addTenant(
        'guarded',
        planOf({ kind: 'per-minute', perMinuteMicros: 6_000_000 }),
        '2026-11-01',
      );
      await stage.book('guarded', { id: 'guarded-1', at: '2026-11-05T10:00:00Z', seconds: 50 });
      const { id } = (await mustBe(200, stage.bill('guarded', '2026-11'))).body as InvoiceView;
      const { store } = stage.server.ctx;
      const forbidden: Forbidden = [
        [
          'a total',
          () => store.updateTable('invoices').set({ totalCents: 1 }).where('id', '=', id).execute(),
        ],
        [
          'a document',
          () => store.updateTable('invoices').set({ document: '{}' }).where('id', '=', id).execute(),
        ],
        ['a hash', () => store.updateTable('invoices').set({ sha256: null }).where('id', '=', id).execute()],
        [
          'what it was asked for with',
          () => store.updateTable('invoices').set({ request: '{}' }).where('id', '=', id).execute(),
        ],
        [
          'its being final',
          () => store.updateTable('invoices').set({ status: 'draft' }).where('id', '=', id).execute(),
        ],
        ['its being there', () => store.deleteFrom('invoices').where('id', '=', id).execute()],
        [
          'a line',
          () =>
            store.updateTable('invoiceLines').set({ amountCents: 1 }).where('invoiceId', '=', id).execute(),
        ],
        [
          'a line’s being there',
          () => store.deleteFrom('invoiceLines').where('invoiceId', '=', id).execute(),
        ],
        [
          'a call',
          () =>
            store.updateTable('invoiceCalls').set({ priceMicros: 1 }).where('invoiceId', '=', id).execute(),
        ],
        [
          'a call’s being there',
          () => store.deleteFrom('invoiceCalls').where('invoiceId', '=', id).execute(),
        ],
      ];
      const [line] = await store.selectFrom('invoiceLines').selectAll().where('invoiceId', '=', id).execute();
      const [call] = await store.selectFrom('invoiceCalls').selectAll().where('invoiceId', '=', id).execute();
      assert.ok(line && call);
      const { tenantId } = line;
      forbidden.push(
        [
          'one line more',
          () =>
            store
              .insertInto('invoiceLines')
              .values({ ...line, no: 99 })
              .execute(),
        ],
        [
          'one call more',
          () =>
            store
              .insertInto('invoiceCalls')
              .values({ ...call, callId: 'another' })
              .execute(),
        ],
        [
          'its plan',
          () => store.updateTable('plans').set({ plan: null }).where('tenantId', '=', tenantId).execute(),
        ],
        [
          'its plan’s being there',
          () => store.deleteFrom('plans').where('tenantId', '=', tenantId).execute(),
        ],
        ...(engine.name === 'SQLite' ? replacing(store, id, tenantId) : emptying(store)),
      );
      const credited = { amountCents: 500, reference: 'bank-1' };
      await mustBe(201, operator('POST', 'guarded/credits', credited));
      forbidden.push(
        [
          'its calls’ being billed',
          () => store.updateTable('invoiceCalls').set({ active: 0 }).where('invoiceId', '=', id).execute(),
        ],
        [
          'its lines’ counting',
          () => store.updateTable('invoiceLines').set({ active: 0 }).where('invoiceId', '=', id).execute(),
        ],
        [
          'prepaid credit',
          () =>
            store.updateTable('credits').set({ amountCents: 1 }).where('tenantId', '=', tenantId).execute(),
        ],
        [
          'prepaid credit’s being there',
          () => store.deleteFrom('credits').where('tenantId', '=', tenantId).execute(),
        ],
        ['a number’s being given out', () => store.updateTable('invoiceNumbers').set({ last: 0 }).execute()],
        ['all that were given out', () => store.deleteFrom('invoiceNumbers').execute()],
      );
      const before = await operator('GET', `guarded/invoices/${id}`);
      for (const [what, change] of forbidden)
        await assert.rejects(change, /never changes|billed once|never comes again/, what);
      assert.deepEqual((await operator('GET', `guarded/invoices/${id}`)).body, before.body);

      // Later events do not change it; a void one stays void.
      await mustBe(200, operator('POST', `guarded/invoices/${id}/void`));
      const revive = [
        () => store.updateTable('invoices').set({ status: 'paid' }).where('id', '=', id).execute(),
        () => store.updateTable('invoiceLines').set({ active: 1 }).where('invoiceId', '=', id).execute(),
        () => store.updateTable('invoiceCalls').set({ active: 1 }).where('invoiceId', '=', id).execute(),
      ];
      for (const change of revive) await assert.rejects(change, /never changes/);
    });
  });
}

type Forbidden = [what: string, change: () => Promise<unknown>][];

/** SQLite removes the row whose key is taken, without running the triggers on deletion. */
function replacing(store: Store, id: string, tenantId: string): Forbidden {
  const draft = {
    id: 'inv_guard',
    tenantId,
    kind: 'invoice' as const,
    role: 'correction' as const,
    month: '2026-11',
    status: 'draft' as const,
    number: null,
    currency: 'usd',
    totalCents: 0,
    dueCents: 0,
    document: '{}',
    sha256: null,
    correctsId: null,
    stripeId: null,
    createdAt: 0,
    ...{ finalizedAt: null, dueAt: null, pushedAt: null, paidAt: null, voidedAt: null, pausedAt: null },
  };
  const replace = (table: string, change: string, where: string) => async () => {
    const { rows } = await sql<{ name: string }>`select name from pragma_table_info(${table})`.execute(store);
    const names = rows.map(({ name }) => name);
    const [column = '', value = ''] = change.split('=');
    const values = names.map((name) => (name === column ? value : name)).join(', ');
    await sql
      .raw(
        `insert or replace into ${table} (${names.join(', ')}) select ${values} from ${table} where ${where}`,
      )
      .execute(store);
  };
  return [
    ['a document in its place', replace('invoices', 'total_cents=1', `id = '${id}'`)],
    ['a line in its place', replace('invoice_lines', 'amount_cents=1', `invoice_id = '${id}'`)],
    ['a call in its place', replace('invoice_calls', 'price_micros=1', `invoice_id = '${id}'`)],
    ['prepaid credit in its place', replace('credits', 'amount_cents=1', `tenant_id = '${tenantId}'`)],
    ['a number in its place', replace('invoice_numbers', 'last=0', `series = 'invoice'`)],
    ['a plan in its place', replace('plans', 'plan=null', `tenant_id = '${tenantId}'`)],
    [
      'its id, number or call taken by a draft',
      async () => {
        await store.insertInto('invoices').values(draft).execute();
        await assert.rejects(
          replace('invoice_calls', "invoice_id='inv_guard'", `invoice_id = '${id}'`),
          /billed once/,
        );
        const taken = sql.raw(`(select number from invoices where id = '${id}')`);
        await assert.rejects(
          sql`update or replace invoices set number = ${taken} where id = 'inv_guard'`.execute(store),
          /never changes/,
        );
        await sql`update or replace invoices set id = ${id} where id = 'inv_guard'`.execute(store);
      },
    ],
  ];
}

function emptying(store: Store): Forbidden {
  return ['plans', 'invoice_lines', 'invoice_calls', 'invoices', 'credits', 'invoice_numbers'].map(
    (table) => [`all of ${table}`, () => sql.raw(`truncate ${table} cascade`).execute(store)],
  );
}
