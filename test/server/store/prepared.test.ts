/** A query that is compiled once runs with the values of each call. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openStore, type Queries, type Store } from '../../../server/store/database.ts';
import { prepared } from '../../../server/store/prepared.ts';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';

interface Lease {
  name: string;
  owner?: string;
  expiresAt?: number;
}

for (const engine of everyDatabase()) {
  describe(`a prepared query, on ${engine.name}`, () => {
    let database: TestDatabase;
    let store: Store;
    before(async () => {
      database = await engine.createMigrated();
      store = await openStore(database.config);
    });
    after(async () => {
      await store?.destroy();
      await database?.remove();
    });

    it('is built once for each set of names, and runs with each call’s own values', async () => {
      let built = 0;
      const set = prepared((db: Queries, { name, ...changed }: Lease) => {
        built += 1;
        return db.updateTable('leases').set(changed).where('name', '=', name).returningAll();
      });
      const rows = ['a', 'b'].map((name) => ({ name, owner: 'none', expiresAt: 0, doneAt: null }));
      await store.insertInto('leases').values(rows).execute();
      assert.deepEqual((await set(store, { name: 'a', owner: 'x' })).rows[0], {
        name: 'a',
        owner: 'x',
        expiresAt: 0,
        doneAt: null,
      });
      assert.deepEqual((await set(store, { name: 'b', owner: 'y' })).rows[0]?.owner, 'y');
      assert.equal(built, 1);
      await store.transaction().execute((db) => set(db, { name: 'b', owner: 'z' }));
      assert.equal(built, 1, 'a transaction runs the store’s query');
      assert.deepEqual((await set(store, { name: 'b', expiresAt: 7, owner: "'; drop" })).rows[0], {
        name: 'b',
        owner: "'; drop",
        expiresAt: 7,
        doneAt: null,
      });
      assert.equal(built, 2);
    });
  });
}
