/** The example server of `before-call.md` does what that page says, run as its reader runs it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, it } from 'node:test';
import { signHook } from '../../../server/access/notices/hooks.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf, testTime } from '../../support/test-server.ts';

const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** The example checks the age of a signature: its clock shows the server's time. */
const standingClock = `data:text/javascript,Object.assign(Date,{now:()=>${testTime}})`;
let example: ChildProcess;
let url: string;
let network: TestNetwork;

before(async () => {
  example = spawn(
    process.execPath,
    [`--import=${standingClock}`, 'server/access/start/before-call-example.mjs'],
    {
      env: { ...process.env, HOOK_SECRET: hookSecret, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(example.stdout ?? example, 'data');
  url = `http://127.0.0.1:${/port (\d+)/.exec(String(line))?.[1]}/`;
  network = await startTestNetwork({
    emulator: { joinTimeoutMs: 3_600_000 },
    tenant: { hookSecret, beforeCall: { url, whenUnavailable: 'deny' }, allowedVariables: ['plan'] },
  });
});
after(async () => {
  await network?.close();
  example.kill();
});

const start = async (plan: string) =>
  network.visitor('/v1/calls', { session: await network.session('acme'), variableValues: { plan } });

it('it allows a call and adds a variable', async () => {
  const answer = await start('gold');
  assert.equal(answer.status, 201, answer.text);
  const call = network.emulator.calls().find(({ id }) => id === answer.body.callId);
  const overrides = call?.view.assistantOverrides as { variableValues: object };
  assert.deepEqual(overrides.variableValues, { plan: 'gold', greeting: 'Welcome back' });
});

it('it denies a call with a message', async () => {
  const answer = await start('free');
  assert.equal(codeOf(answer), 'call_denied');
  assert.equal(answer.body.detail, 'Calls are part of the paid plans.');
});

it('it refuses what is unsigned, signed with another secret, changed, or old', async () => {
  const body = JSON.stringify({ type: 'call.before', data: { variableValues: {} } });
  const post = async (headers: Record<string, string>, text = body) =>
    (await fetch(url, { method: 'POST', headers, body: text })).status;
  const good = signHook(hookSecret, 'ses_1', body, testTime);
  assert.equal(await post(good), 200);
  assert.equal(await post({}), 401);
  assert.equal(await post(signHook(`whsec_${'A'.repeat(44)}`, 'ses_1', body, testTime)), 401);
  assert.equal(await post(good, body.replace('call', 'Call')), 401);
  assert.equal(await post(signHook(hookSecret, 'ses_1', body, testTime - 600_000)), 401);
});
