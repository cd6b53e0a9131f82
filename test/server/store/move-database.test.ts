/** Backups, moving to another database, and upgrades of an older one: nothing in the ledger is lost on the way. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { callChannels } from '../../../server/contract.ts';
import { copyStore } from '../../../server/store/copy.ts';
import { openStore } from '../../../server/store/database.ts';
import { migrations } from '../../../server/store/migrations/index.ts';
import { nodeSqliteDialect } from '../../../server/store/node-sqlite.ts';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTestNetwork } from '../../support/test-network.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

const [sqlite, postgres] = everyDatabase();
const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-move-'));
const secrets = { secretKeys: [randomBytes(32)] };
const commands = join(import.meta.dirname, '..', '..', '..', 'server', 'deploy');
const period = 'from=2026-11-01&to=2026-12-01&by=day';
const now = Date.parse('2026-11-10T12:00:00Z');
const price = { kind: 'per-minute', perMinuteMicros: 600_000 };

let database: TestDatabase;
let file: string;
/** What the installation answers before anything is done to it. */
let expected: string;

before(async () => {
  assert.equal(sqlite?.name, 'SQLite');
  database = await sqlite.create();
  assert.ok(database.config.kind === 'sqlite');
  file = database.config.file;
  const network = await startTestNetwork({ server: { database, secrets, now } });
  await network.addTenant('other');
  // Two of the days of November, and one of October, which is billed.
  for (const [call, days] of [0, 1, 15].entries()) {
    const { id } = network.emulator.makeCall({
      assistantId: network.acme.assistantId,
      createdAt: new Date(now - days * 86_400_000).toISOString(),
      seconds: 60 + call,
      endedReason: 'customer-ended-call',
    });
    await network.emulator.waitForCall(id, 'settled', 10_000);
  }
  const { operator } = network.server;
  const plan = {
    name: 'Any',
    currency: 'usd',
    monthlyFeeCents: 100,
    rates: [{ channels: callChannels, price }],
  };
  const asked: [string, string, object][] = [
    ['PUT', 'billing/seller', { name: 'Seller' }],
    ['PUT', 'tenants/acme/plan', { plan, from: '2026-10-01' }],
    ['POST', 'billing/close?wait=true', {}],
  ];
  for (const [method, path, body] of asked)
    assert.equal((await operator(method, `/v1/${path}`, body)).status, 200);
  expected = await answersOf(network.server);
  assert.match(expected, /INV-000001/);
  await network.close();
});
after(async () => {
  await database.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('a backup that is taken while the server writes restores everything that was committed before it', async () => {
  const work = join(folder, 'running.db');
  copyFileSync(file, work);
  const server = await startTestServer({ database: existing(work), secrets, now });
  let busy = true;
  const writing = (async () => {
    for (let tenant = 0; busy; tenant += 1) await server.createTenant({ slug: `late-${tenant}` });
  })();
  const target = join(folder, 'backup.db');
  execFileSync(process.execPath, [join(commands, 'backup-database.ts'), `sqlite:${work}`, target]);
  busy = false;
  await writing;
  await server.close();
  assert.ok(!existsSync(`${target}-wal`), 'one file is all');
  assert.equal(statSync(target).mode & 0o777, 0o600, 'for nobody else to read');

  const restored = await startTestServer({ database: existing(target), secrets, now });
  assert.equal(await answersOf(restored), expected);
  await restored.close();
});

test('a backup never overwrites, and says so when there is no store', () => {
  for (const args of [
    [file, file],
    [join(folder, 'missing.db'), join(folder, 'new.db')],
    [file, join(folder, 'nowhere', 'new.db')],
  ]) {
    const result = spawnSync(process.execPath, [join(commands, 'backup-database.ts'), ...args], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 1);
    assert.match(result.stderr, /^No backup was made: .*(exists already|no store at|no folder .*nowhere)/);
  }
});

test('a database from a newer version is reported as such, and stays unchanged', async () => {
  const newer = join(folder, 'newer.db');
  copyFileSync(file, newer);
  const store = await openStore(existing(newer).config);
  await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2027-01-01')`.execute(
    store,
  );
  await store.destroy();
  await assert.rejects(openStore(existing(newer).config), {
    message: 'The database is from a newer version of vapi-agent: it has 9999-later.',
  });
});

test('everything moves from SQLite to PostgreSQL by one command, and a second try changes nothing', async () => {
  assert.equal(postgres?.name, 'PostgreSQL');
  const target = await postgres.create();
  assert.ok(target.config.kind === 'postgres');
  const copy = () =>
    spawnSync(
      process.execPath,
      [join(commands, 'copy-database.ts'), `sqlite:${file}`, (target.config as { url: string }).url],
      { encoding: 'utf8' },
    );
  const first = copy();
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^ +3 {2}calls$/m);
  assert.match(first.stdout, /^ +2 {2}tenants$/m);
  assert.match(first.stdout, /^ +2 {2}invoice_lines$/m);
  assert.match(first.stdout, /^ +1 {2}invoice_calls$/m);
  const second = copy();
  assert.equal(second.status, 1);
  assert.match(second.stderr, /Nothing was copied: The target is not empty/);

  const moved = await startTestServer({ database: target, secrets, now });
  assert.equal(await answersOf(moved), expected);
  // The books are guarded there as they were here.
  const { store } = moved.ctx;
  const [line] = await store.selectFrom('invoiceLines').selectAll().execute();
  assert.ok(line);
  await assert.rejects(
    store
      .insertInto('invoiceLines')
      .values({ ...line, no: 9 })
      .execute(),
    /never changes/,
  );
  // New rows continue after the old ones.
  await moved.createTenant({ slug: 'after-the-move' });
  await moved.close();
  await target.remove();
});

test('a move that fails in the middle leaves the target empty', async () => {
  const broken = join(folder, 'broken.db');
  copyFileSync(file, broken);
  const source = await openStore({ kind: 'sqlite', file: broken });
  const full = await openStore({ kind: 'sqlite', file: ':memory:' });
  await full.schema.alterTable('usage_daily').renameTo('usage_weekly').execute();
  await assert.rejects(copyStore(source, full));
  assert.deepEqual(await full.selectFrom('tenants').selectAll().execute(), []);
  await source.destroy();
  await full.destroy();
});

for (const [index, name] of Object.keys(migrations).slice(0, -1).entries()) {
  test(`a store that stopped at ${name} is migrated when it is opened`, async () => {
    const old = join(folder, `old-${index}.db`);
    await makeOldStore(old, name);
    const server = await startTestServer({ database: existing(old), secrets, now });
    await server.createTenant({ slug: 'new' });
    const { body } = await server.operator('GET', '/v1/tenants');
    assert.deepEqual(
      body.tenants.map(({ slug }: { slug: string }) => slug),
      ['new'],
    );
    await server.close();
  });
}

function existing(path: string): TestDatabase {
  return { config: { kind: 'sqlite', file: path }, remove: async () => {} };
}

/** Tenants with their masked secrets, usage and calls, as one text. */
async function answersOf(server: TestServer): Promise<string> {
  const answers = [];
  for (const path of ['', `/acme`, `/acme/usage?${period}`, '/acme/calls', '/acme/invoices', '/other']) {
    const { status, body } = await server.operator('GET', `/v1/tenants${path}`);
    assert.equal(status, 200, path);
    if (path === '') {
      answers.push(body.tenants.filter(({ slug }: { slug: string }) => !slug.startsWith('late-')));
    } else answers.push(body);
  }
  return JSON.stringify(answers);
}

async function makeOldStore(path: string, last: string): Promise<void> {
  const db = new Kysely({ dialect: nodeSqliteDialect(path), plugins: [new CamelCasePlugin()] });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateTo(last);
  assert.equal(error, undefined);
  await db.destroy();
}
