/** Many callers' work in one transaction: each is answered for its own, and only for what is committed. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import { sql } from 'kysely';
import { StoreUnavailable } from '../../../server/base/store-unavailable.ts';
import { openStore, type Queries, type Store } from '../../../server/store/database.ts';
import { createGroupCommit, type GroupCommit, groupLimits } from '../../../server/store/group-commit.ts';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';

/** A table of its own: names, each once. */
async function withNames(store: Store): Promise<void> {
  await sql`create table names (name text primary key)`.execute(store);
}
const add = (db: Queries, name: string) => sql`insert into names values (${name})`.execute(db);
const stored = async (store: Store) => {
  const { rows } = await sql<{ name: string }>`select name from names order by name`.execute(store);
  return rows.map(({ name }) => name);
};
const outcomes = async (work: Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map((one) =>
    one.status === 'fulfilled' ? one.value : (one.reason as Error).message,
  );

for (const engine of everyDatabase()) {
  // As the server sets it, and in groups on either engine.
  for (const grouped of [false, true]) {
    describe(`work of many, on ${engine.name}${grouped ? ', in groups of four' : ''}`, () => {
      let database: TestDatabase;
      let store: Store;
      let commits: GroupCommit;
      before(async () => {
        database = await engine.create();
      });
      beforeEach(async () => {
        store = await openStore(database.config);
        await withNames(store);
        const limits = groupLimits(database.config);
        commits = createGroupCommit(store, grouped ? { ...limits, lanes: 1, size: 4 } : limits);
      });
      afterEach(async () => {
        await sql`drop table names`.execute(store);
        await store.destroy();
      });
      after(() => database?.remove());

      it('that fails is undone alone, whatever it had written', async () => {
        const done = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
          commits.run(name, async (db) => {
            await add(db, name);
            if (name === 'b') throw new Error('no b');
            if (name === 'd') await add(db, 'd');
            return name;
          }),
        );
        const [a, b, c, d, e, f] = await outcomes(done);
        assert.deepEqual([a, b, c, e, f], ['a', 'no b', 'c', 'e', 'f']);
        assert.match(String(d), /unique/i);
        assert.deepEqual(await stored(store), ['a', 'c', 'e', 'f']);
      });

      it('is in the store when it is answered', async () => {
        const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
        await Promise.all(
          names.map(async (name) => {
            await commits.run(name, (db) => add(db, name));
            assert.ok((await stored(store)).includes(name));
          }),
        );
        assert.equal((await stored(store)).length, 20);
      });

      it('is finished when a stop has waited for it', async () => {
        const done = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => commits.run(name, (db) => add(db, name)));
        await commits.done();
        assert.equal((await stored(store)).length, 6);
        await Promise.all(done);
        await commits.done();
      });
    });
  }
}

describe('a group on SQLite', () => {
  let database: TestDatabase;
  let store: Store;
  let transactions: { callCount(): number };
  before(async () => {
    const [sqlite] = everyDatabase();
    assert.ok(sqlite);
    database = await sqlite.create();
  });
  beforeEach(async () => {
    store = await openStore(database.config);
    await withNames(store);
    transactions = mock.method(store, 'transaction').mock;
  });
  afterEach(async () => {
    mock.restoreAll();
    await sql`drop table names`.execute(store);
    await store.destroy();
  });
  after(() => database?.remove());
  const inGroups = (waitMs = 60_000) => createGroupCommit(store, { lanes: 1, size: 4, waitMs });

  it('is committed once for all that has arrived, and has a limit', async () => {
    const commits = inGroups();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => commits.run(name, (db) => add(db, name))));
    assert.equal(transactions.callCount(), 2);
    assert.deepEqual(await stored(store), names);
  });

  it('takes one owner’s work in its order, and another’s before the rest of a flood', async () => {
    const commits = inGroups();
    const order: string[] = [];
    const run = (owner: string, name: string) => commits.run(owner, async () => void order.push(name));
    const flood = Array.from({ length: 9 }, (_, index) => run('flood', `${index}`));
    await Promise.all([...flood, run('other', 'other')]);
    assert.deepEqual(order, ['0', 'other', '1', '2', '3', '4', '5', '6', '7', '8']);
  });

  it('whose commit fails answers none, and the next one is committed', async () => {
    await sql`create table parents (name text primary key)`.execute(store);
    await sql`create table children (parent text references parents deferrable initially deferred)`.execute(
      store,
    );
    const commits = inGroups();
    const orphan = (db: Queries) => sql`insert into children values ('none')`.execute(db);
    const failed = await outcomes([
      commits.run('a', (db) => add(db, 'a')),
      commits.run('b', orphan),
      commits.run('c', (db) => add(db, 'c')),
      commits.run('d', (db) => add(db, 'd')),
      commits.run('e', async (db) => (await add(db, 'e')) && 'e'),
    ]);
    for (const message of failed.slice(0, 4)) assert.match(String(message), /foreign key/i);
    assert.equal(failed[4], 'e');
    assert.deepEqual(await stored(store), ['e']);
  });

  it('that the database has rolled back itself answers none, and nothing of it is stored', async () => {
    const commits = inGroups();
    // As SQLite does when the disk is full; each further statement would be committed alone.
    const rolledBack = async (db: Queries) => {
      await sql`rollback`.execute(db);
      throw new StoreUnavailable(new Error('full'));
    };
    const failed = await outcomes([
      commits.run('a', (db) => add(db, 'a')),
      commits.run('b', rolledBack),
      commits.run('c', async (db) => (await add(db, 'c')) && 'c'),
    ]);
    assert.match(String(failed[0]), /full/);
    assert.match(String(failed[1]), /full/);
    assert.equal(failed[2], 'c');
    assert.deepEqual(await stored(store), ['c']);
  });

  it('shares the failure of an unavailable database only with what has waited as long', async () => {
    const away = new StoreUnavailable(new Error('away'));
    for (const { waitMs, tries } of [
      { waitMs: 0, tries: 1 },
      { waitMs: 3_600_000, tries: 3 },
    ]) {
      let tried = 0;
      mock.method(store, 'transaction', () => {
        tried += 1;
        throw away;
      });
      const commits = inGroups(waitMs);
      const failed = ['a', 'b', 'c'].map((name) => commits.run(name, async () => {}));
      for (const one of failed) await assert.rejects(one, away);
      assert.equal(tried, tries);
      mock.restoreAll();
    }
  });
});
