/** A disk that is really full, small enough to fill at once: needs the right to mount one, which root has. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { startTestServer, tenantInput } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-full-'));
const megabytes = 8;
const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
  encoding: 'utf8',
});
const isMounted = status === 0;
after(() => {
  if (isMounted) execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a disk that is full', {
  skip: isMounted ? false : `no disk can be mounted here: ${stderr}`,
}, () => {
  it('is not ready, refuses with 503 alone, and recovers automatically when there is room', async () => {
    const file = join(folder, 'store.db');
    const config = { kind: 'sqlite' as const, file };
    const server = await startTestServer({ database: { config, remove: async () => {} } });
    try {
      const create = (slug: string) => server.operator('POST', '/v1/tenants', { ...tenantInput(), slug });
      const ready = async () => (await server.request('GET', '/readyz')).status;
      const kept: string[] = [];
      assert.equal((await create('with-room')).status, 201);
      kept.push('with-room');

      const ballast = join(folder, 'ballast');
      assert.throws(() => writeFileSync(ballast, Buffer.alloc((megabytes + 1) << 20)), { code: 'ENOSPC' });
      const statuses = new Set<number>();
      for (let index = 0; index < 60; index += 1) {
        const slug = `no-room-${index}`;
        const answer = await create(slug);
        if (answer.status === 201) kept.push(slug);
        else statuses.add(answer.status);
      }
      assert.deepEqual([...statuses], [503]);
      assert.equal(await ready(), 503);
      assert.equal((await server.request('GET', '/healthz')).status, 200);

      rmSync(ballast);
      await until(async () => (await ready()) === 200, 'the room to be used');
      assert.equal((await create('room-again')).status, 201);
      kept.push('room-again');
      const store = new DatabaseSync(file, { readOnly: true });
      try {
        const slugs = store.prepare('select slug from tenants order by slug').all();
        assert.deepEqual(
          slugs.map(({ slug }) => slug),
          kept.sort(),
        );
        assert.deepEqual({ ...store.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
      } finally {
        store.close();
      }
    } finally {
      await server.close();
    }
  });
});
