/** Reports that arrive together share transactions; the ledger must not show it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { CallEvent } from '../../../../server/ledger/call-event.ts';
import { ingestCallEvent, ingestReport } from '../../../../server/metering/ingest.ts';
import { findTenant, type Tenant } from '../../../../server/store/tenants.ts';
import { readServerMessage } from '../../../../server/vapi/messages.ts';
import { everyDatabase, type TestDatabase, testDatabases } from '../../../support/postgres.ts';
import { codeOf, startTestServer, type TestServer } from '../../../support/test-server.ts';
import { hook, report } from './support.ts';

const proof = { 'x-vapi-agent-token': 'webhook-secret-of-all' };
const webhookSecret = proof['x-vapi-agent-token'];
const day = '2026-11-10';

for (const engine of testDatabases()) {
  describe(`reports that arrive together, on ${engine.name}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ engine });
    });
    after(() => server?.close());

    const addTenants = async (count: number, name: string): Promise<string[]> => {
      const slugs = Array.from({ length: count }, (_, index) => `${name}-${index}`);
      for (const slug of slugs) await server.createTenant({ slug, webhookSecret });
      return slugs;
    };
    const total = async (slug: string) =>
      (await server.operator('GET', `/v1/tenants/${slug}/usage?from=2026-11-01&to=2026-12-01`)).body.total;

    it('from twenty tenants, two hundred at once, are each booked once for their own', async () => {
      const slugs = await addTenants(20, 'many');
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          hook(server, slugs[index % slugs.length] ?? '', report(), proof),
        ),
      );
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      for (const slug of slugs) {
        assert.deepEqual(await total(slug), {
          calls: 10,
          seconds: 600,
          costMicros: 700_000,
          callsWithoutCost: 0,
        });
      }
    });

    it('are booked although one of them cannot be', async () => {
      const [full = '', other = ''] = await addTenants(2, 'poisoned');
      const { store } = server.ctx;
      const { id } = (await findTenant(store, full)) as Tenant;
      await hook(server, full, report(), proof);
      // One more micro could not be read again.
      await store
        .updateTable('usageDaily')
        .set({ costMicros: Number.MAX_SAFE_INTEGER })
        .where('tenantId', '=', id)
        .execute();
      const answers = await Promise.all(
        [full, other, full, other, full].map((slug, index) =>
          // The last has no cost, so it fits.
          hook(server, slug, report(undefined, index === 4 ? { cost: 0, costs: [] } : {}), proof),
        ),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [409, 200, 409, 200, 200],
      );
      assert.equal(codeOf(answers[0] as (typeof answers)[0]), 'conflict');
      assert.equal((await total(other)).calls, 2);
      const { calls } = (await server.operator('GET', `/v1/tenants/${full}/calls`)).body;
      assert.equal(calls.length, 2, 'the refused ones have left no row');
    });

    it('leave the ledger as if they had come one by one, in any order and grouping', async () => {
      const tenantsOf = async (name: string) => {
        const slugs = await addTenants(2, name);
        return Promise.all(slugs.map(async (slug) => (await findTenant(server.ctx.store, slug)) as Tenant));
      };
      const [apart, together] = [await tenantsOf('apart'), await tenantsOf('together')];
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(message, { maxLength: 12 }), { maxLength: 4 }),
          async (batches) => {
            run += 1;
            const eventsOf = (world: string) => (one: Message) => eventOf(one, world, run);
            for (const one of batches.flat()) {
              await ingestCallEvent(server.ctx, apart[one.tenant] as Tenant, eventsOf('a')(one));
            }
            for (const batch of batches) {
              await Promise.all(
                batch.map((one) =>
                  ingestReport(server.ctx, together[one.tenant] as Tenant, eventsOf('b')(one)),
                ),
              );
            }
            assert.deepEqual(await ledgerOf(together), await ledgerOf(apart));
          },
        ),
        { numRuns: 8 },
      );
    });

    const ledgerOf = async (tenants: Tenant[]) => {
      const ledgers = [];
      for (const { id } of tenants) {
        const { store } = server.ctx;
        const rows = await store.selectFrom('calls').selectAll().where('tenantId', '=', id).execute();
        const usage = await store.selectFrom('usageDaily').selectAll().where('tenantId', '=', id).execute();
        const calls = rows
          .map((row) => ({ ...row, tenantId: '', id: row.id.slice(1) }))
          // Transactions that run side by side may book the reports of one call in another order.
          .map((row) => (engine.name === 'SQLite' ? row : { ...row, revision: 0, pollAt: null }))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        ledgers.push({ calls, usage: usage.map((sums) => ({ ...sums, tenantId: '' })) });
      }
      return ledgers;
    };
  });
}

describe('reports that arrive together, on a SQLite file', () => {
  let database: TestDatabase;
  let file: DatabaseSync;
  const secrets = { secretKeys: [randomBytes(32)] };
  before(async () => {
    const [sqlite] = everyDatabase();
    assert.ok(sqlite);
    database = await sqlite.createMigrated();
    assert.ok('file' in database.config);
    file = new DatabaseSync(database.config.file);
  });
  after(async () => {
    file?.close();
    await database?.remove();
  });
  const stored = () => Number(file.prepare('select count(*) as calls from calls').get()?.calls);
  const send = (server: TestServer, count: number) =>
    Array.from({ length: count }, () => hook(server, 'acme', report(), proof));

  it('that another program has locked for too long are each refused for a later retry', async () => {
    const config = { database: { ...database.config, timeoutMs: 100 } };
    const server = await startTestServer({ database, secrets, config });
    await server.createTenant({ webhookSecret });
    file.exec('begin immediate');
    const answers = await Promise.all(send(server, 5));
    assert.deepEqual(
      answers.map((answer) => [answer.status, codeOf(answer)]),
      Array(5).fill([503, 'database_unavailable']),
    );
    file.exec('rollback');
    assert.equal(stored(), 0);
    assert.equal((await hook(server, 'acme', report(), proof)).status, 200);
    assert.equal(stored(), 1);
    await server.close();
  });

  it('are each booked and answered, or neither, when the server stops', async () => {
    const server = await startTestServer({ database, secrets });
    const earlier = stored();
    const answers = send(server, 40);
    await Promise.any(answers);
    const [settled] = await Promise.all([Promise.allSettled(answers), server.close()]);
    // One that had not arrived before the stop finds no server.
    const answered = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value.status : []));
    assert.deepEqual(new Set(answered), new Set([200]));
    assert.equal(stored(), earlier + answered.length);
  });
});

/** Of few calls, so that many are about the same one, in an order of their own. */
interface Message {
  tenant: number;
  call: number;
  kind: 'status' | 'report';
  minute: number;
  costCents: number | null;
}

const message: fc.Arbitrary<Message> = fc.record({
  tenant: fc.nat(1),
  call: fc.nat(3),
  kind: fc.constantFrom('status', 'report'),
  minute: fc.nat(19),
  costCents: fc.option(fc.constant(7)),
});

/** @param world a hexadecimal digit: the same call of another world is another call */
function eventOf({ tenant, call, kind, minute, costCents }: Message, world: string, run: number): CallEvent {
  const at = Date.parse(`${day}T11:40:00Z`) + minute * 60_000;
  const body = {
    message: {
      type: kind === 'report' ? 'end-of-call-report' : 'status-update',
      timestamp: at,
      status: kind === 'status' ? 'in-progress' : undefined,
      startedAt: `${day}T11:38:00Z`,
      endedAt: `${day}T11:39:00Z`,
      endedReason: 'customer-ended-call',
      ...(costCents === null ? {} : { cost: costCents / 100 }),
      call: {
        id: `${world}${String(run).padStart(7, '0')}-0000-4000-8000-0000000000${tenant}${call}`,
        type: 'webCall',
        createdAt: `${day}T11:38:00Z`,
      },
    },
  };
  const event = readServerMessage(body, at, 'https://api.vapi.ai')?.event;
  assert.ok(event);
  return event;
}
