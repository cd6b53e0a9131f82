/** PostgreSQL's own tools on our store, with the commands from the page about deploying. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { everyDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTestNetwork } from '../support/test-network.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const readme = join(import.meta.dirname, '..', '..', 'server', 'deploy', 'README.md');
const now = Date.parse('2026-11-10T12:00:00Z');

test('a dump of PostgreSQL restores into an empty database', async (context) => {
  const postgres = everyDatabase().find(({ name }) => name === 'PostgreSQL');
  if (!postgres) return context.skip('no PostgreSQL is here');
  const [store, empty] = [await postgres.create(), await postgres.create()];
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-dump-'));
  try {
    const tools = await toolsFor(urlOf(store));
    if (!tools) return context.skip('pg_dump and pg_restore of this version are not here: postgresql-client');
    const secrets = { secretKeys: [randomBytes(32)] };
    const network = await startTestNetwork({ server: { database: store, secrets, now } });
    const { id } = network.emulator.makeCall({
      ...{ assistantId: network.acme.assistantId, seconds: 61, endedReason: 'customer-ended-call' },
      createdAt: new Date(now).toISOString(),
    });
    await network.emulator.waitForCall(id, 'settled', 10_000);
    const expected = await answersOf(network.server);
    await network.close();

    const [, commands = ''] = /```sh\n(pg_dump [\s\S]+?)```/.exec(readFileSync(readme, 'utf8')) ?? [];
    assert.match(commands, /pg_restore/);
    const { status, stderr } = spawnSync('bash', ['-euc', commands], {
      ...{ cwd: folder, encoding: 'utf8' },
      env: {
        PATH: `${tools}:${process.env.PATH}`,
        DATABASE_URL: urlOf(store),
        EMPTY_DATABASE_URL: urlOf(empty),
      },
    });
    assert.equal(status, 0, stderr);

    const restored = await startTestServer({ database: empty, secrets, now });
    assert.deepEqual(await answersOf(restored), expected);
    await restored.createTenant({ slug: 'after-the-restore' });
    await restored.close();
  } finally {
    await store.remove();
    await empty.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});

function urlOf({ config }: TestDatabase): string {
  assert.ok(config.kind === 'postgres');
  return config.url;
}

/** The tenant with its masked secrets, its usage and its calls. */
async function answersOf(server: TestServer): Promise<unknown[]> {
  const period = 'from=2026-11-01&to=2026-12-01&by=day';
  const answers = [];
  for (const path of ['', `/usage?${period}`, '/calls']) {
    const { status, body } = await server.operator('GET', `/v1/tenants/acme${path}`);
    assert.equal(status, 200, path);
    answers.push(body);
  }
  return answers;
}

/** The folder with both tools, of at least the server's version; older ones refuse it. */
async function toolsFor(url: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ version: string }>(
    "select current_setting('server_version') version",
  );
  await client.end();
  const needed = Number.parseInt(rows[0]?.version ?? '', 10);
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pg_dump'));
  const found = [...globSync('/usr/lib/postgresql/*/bin/pg_dump'), ...onPath].find((file) => {
    if (!existsSync(file) || !existsSync(join(dirname(file), 'pg_restore'))) return false;
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
    return Number.parseInt(/\) (\d+)/.exec(stdout)?.[1] ?? '', 10) >= needed;
  });
  return found ? dirname(found) : null;
}
