/** The counts behind a tenant's, a network's and a site's limits of starts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { openStore, type Store } from '../../../server/store/database.ts';
import { insertReservation, type Reservation } from '../../../server/store/reservations.ts';
import { countStart, type RecentStarts, readStarts, type StartOf } from '../../../server/store/starts.ts';
import { type TestDatabase, testDatabases } from '../../support/postgres.ts';

const minute = 60_000;
const windows = { minute, hour: 60 * minute, day: 1440 * minute };
const now = Date.parse('2026-03-02T10:00:30Z');
let made = 0;

for (const engine of testDatabases()) {
  describe(`counts of starts, on ${engine.name}`, () => {
    let database: TestDatabase;
    let store: Store;
    before(async () => {
      database = await engine.createMigrated();
      store = await openStore(database.config);
    });
    after(async () => {
      await store.destroy();
      await database.remove();
    });

    /** @returns its tenant */
    const addTenant = async (): Promise<string> => {
      made += 1;
      const id = `ten_${made}`;
      await store
        .insertInto('tenants')
        .values({
          searchText: id,
          ...{
            id,
            slug: id.replace('_', '-'),
            name: id,
            status: 'active',
            pausedUnpaidAt: null,
            generation: 0,
          },
          ...{ orgId: 'org', assistantId: 'assistant', squads: '{}', wholeOrg: 0, accessMode: 'proxy' },
          ...{ timeZone: 'UTC', privateKeySealed: '', publicKeySealed: null, publicKeyId: null },
          ...{ webhookSecretSealed: '', hookSecretSealed: '', previousWebhookSecretSealed: null },
          ...{ previousWebhookSecretUntil: null, webhookForwardSealed: null, settings: '{}', startLock: 0 },
          ...{ snippetSeenAt: null, snippetSeenOn: null, invitedAt: null, createdAt: 0, updatedAt: 0 },
          deletedAt: null,
        })
        .execute();
      return id;
    };
    const add = async (start: StartOf & { createdAt: number }) => {
      made += 1;
      const reservation: Reservation = {
        ...{ id: `ses_${made}`, generation: 0, month: '2026-03', amountMicros: 0, maxSeconds: 60 },
        ...{ state: 'released', leaseExpiresAt: 0, accessMode: 'proxy', assistantId: 'assistant' },
        ...{ callId: null, consentVersion: null, priceMicros: 0, pricePool: null },
        ...start,
      };
      await store.transaction().execute(async (db) => {
        await insertReservation(db, reservation);
        await countStart(db, reservation);
      });
    };

    it('are exact for windows that slide, whatever the history', async () => {
      const network = fc.constantFrom('a', 'b');
      const site = fc.constantFrom(null, 's', 't');
      const kind = fc.constantFrom('call' as const, 'message' as const);
      // Around the edges of minutes and of the three windows, where a count could go wrong.
      const edge = fc.constantFrom(0, ...Object.values(windows));
      const back = fc.oneof(
        fc.tuple(edge, fc.integer({ min: -minute, max: minute })).map(([ago, by]) => ago + by),
        edge,
      );
      const history = fc.array(fc.record({ network, site, kind, back }), { maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(history, async (starts) => {
          const tenantId = await addTenant();
          for (const { network, site, kind, back } of starts) {
            await add({ tenantId, kind, visitorNetwork: network, visitorSite: site, createdAt: now - back });
          }
          const of = (is: (start: (typeof starts)[number]) => boolean) => {
            const within = (ms: number) =>
              starts.filter((start) => is(start) && start.kind === 'call' && start.back < ms).length;
            return { minute: within(windows.minute), hour: within(windows.hour), day: within(windows.day) };
          };
          const expected: RecentStarts = {
            all: of(() => true),
            network: of((start) => start.network === 'a'),
            site: of((start) => start.site === 's'),
          };
          const visitor = { tenantId, kind: 'call' as const, visitorNetwork: 'a', visitorSite: 's' };
          assert.deepEqual(await readStarts(store, visitor, now), expected);
        }),
        { numRuns: 40 },
      );
    });

    it('are those of one tenant, and IPv4 has no site', async () => {
      const [one, other] = [await addTenant(), await addTenant()];
      const start = { kind: 'call' as const, visitorNetwork: 'a', visitorSite: null };
      await add({ tenantId: one, ...start, createdAt: now });
      await add({ tenantId: one, ...start, createdAt: now });
      const counts = await readStarts(store, { tenantId: one, ...start }, now);
      assert.deepEqual([counts.all.day, counts.network.day, counts.site.day], [2, 2, 0]);
      assert.equal((await readStarts(store, { tenantId: other, ...start }, now)).all.day, 0);
    });
  });
}
