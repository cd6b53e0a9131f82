/** The README's commands in a shell: each npm script is started as written, build and all. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-commands-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const operatorKey = `vak_${randomBytes(24).toString('hex')}`;
const settings = {
  PORT: '0',
  DATABASE_URL: `sqlite:${join(scratch, 'store.db')}`,
  SECRET_KEY: randomBytes(32).toString('base64'),
  OPERATOR_API_KEY: operatorKey,
};
const kernelPorts = { PORT: '0', DEMO_SITE_PORT: '0', DEMO_FOREIGN_PORT: '0', EMULATOR_PORT: '0' };

test('npm start serves, and npm run cli asks it', async () => {
  await npm(['start'], settings, async (lines) => {
    for await (const line of lines) {
      const { msg, port } = line.startsWith('{') ? JSON.parse(line) : {};
      if (msg !== 'listening') continue;
      const server = `http://localhost:${port}`;
      for (const path of ['/readyz', '/widget.js', '/portal/', '/installs/vapi-agent.zip'])
        assert.equal((await fetch(server + path)).status, 200, path);
      const env = { VAPI_AGENT_URL: server, OPERATOR_API_KEY: operatorKey };
      assert.match(await output(['run', 'cli', '--', 'tenants'], env), /^nothing$/m);
      assert.match(await output(['run', 'cli', '--', 'sign-in-link'], env), /\/portal\/sign-in\?token=/);
      return;
    }
    assert.fail('it ended');
  });
});

test('npm run cli -- help lists the commands', async () => {
  assert.match(await output(['run', 'cli', '--', 'help'], {}), /^Usage: vapi-agent <command>/m);
});

test('npm run demo shows what to open, and it works', async () => {
  await npm(['run', 'demo'], { ...kernelPorts, TMPDIR: scratch }, async (lines) => {
    const told: string[] = [];
    for await (const line of lines) {
      told.push(line);
      if (!line.includes('Ctrl-C ends everything')) continue;
      const [page] = /http:\/\/\S+\/acme\b/.exec(told.join('\n')) ?? [];
      const answer = await fetch(page ?? assert.fail(told.join('\n')));
      assert.match(await answer.text(), /<vapi-agent /);
      return;
    }
    assert.fail(told.join('\n'));
  });
});

/** Ends it as Ctrl-C does: the signal reaches npm, its shell and what they have started. */
async function npm(
  args: string[],
  env: Record<string, string>,
  act: (lines: AsyncIterable<string>) => Promise<void>,
): Promise<void> {
  const child = spawn('npm', args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const closed = once(child, 'close');
  try {
    await act(createInterface({ input: child.stdout }));
  } finally {
    // Its output while ending would fill the pipe.
    child.stdout.resume();
    if (child.pid && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
    await closed;
  }
}

async function output(args: string[], env: Record<string, string>): Promise<string> {
  const told: string[] = [];
  await npm(args, env, async (lines) => {
    for await (const line of lines) told.push(line);
  });
  return told.join('\n');
}
