/** What the demo's pages rely on, requested without a browser: the portal, the tenants for failures, the busy line. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readPorts } from '../../demo/ports.ts';
import { type Demo, startDemo } from '../../demo/start-demo.ts';
import { until } from '../support/until.ts';

let demo: Demo;
before(async () => {
  demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    reportDelayMs: 0,
    pastCalls: false,
    troublesLater: true,
  });
});
after(() => demo?.close());

const tenants = async (): Promise<string[]> => {
  const headers = { authorization: `Bearer ${demo.operatorKey}` };
  const answer = await (await fetch(`${demo.server}/v1/tenants`, { headers })).json();
  return (answer as { tenants: { slug: string }[] }).tenants.map(({ slug }) => slug);
};

test('the first page leads to the portal, each time by a new link that signs in', async () => {
  const page = await (await fetch(demo.site)).text();
  for (const path of ['/portal', '/portal-acme']) {
    assert.ok(page.includes(`href="${path}"`), path);
    const visit = () => fetch(demo.site + path, { redirect: 'manual' });
    const links = [await visit(), await visit()].map(({ headers }) => headers.get('location') ?? '');
    assert.notEqual(links[0], links[1]);
    assert.match(await (await fetch(links[1] ?? '')).text(), /<h1>Sign in<\/h1>/);
  }
});

test('the operator begins with real clients; the tenants for failures are created with their page, once', async () => {
  const first = await tenants();
  assert.deepEqual(first, [
    'acme',
    'fern-garden',
    'riverside-dental',
    'show-consent',
    'show-rejoin',
    'show-tools',
  ]);
  const visits = [1, 2].map(() => fetch(`${demo.site}/trouble`));
  for (const { status } of await Promise.all(visits)) assert.equal(status, 200);
  const troubles = (await tenants()).filter((slug) => !first.includes(slug));
  assert.equal(troubles.length, 13);
  assert.ok(troubles.every((slug) => slug.startsWith('try-')));
});

test('the busy line is taken by a call in progress, and taken again when that call ends', async () => {
  await demo.openTroubles();
  const call = async () => {
    const post = (path: string, body: object) =>
      fetch(`${demo.server}/v1/${path}`, {
        method: 'POST',
        headers: { origin: demo.site, 'content-type': 'text/plain' },
        body: JSON.stringify(body),
      });
    const { session } = (await (await post('sessions', { tenant: 'try-busy-line' })).json()) as {
      session: string;
    };
    return ((await (await post('calls', { session })).json()) as { code: string }).code;
  };
  const inProgress = async (other = '') => {
    const { calls } = await demo.operator.calls('try-busy-line', '?status=in-progress');
    return calls.find(({ id }) => id !== other)?.id;
  };
  const first = await until(inProgress, 'the call that takes the line');
  assert.equal(await call(), 'concurrency_limit');
  demo.emulator.endCall(first);
  await until(() => inProgress(first), 'the next call');
  assert.equal(await call(), 'concurrency_limit');
});

test('--port-base moves all ports, and a variable takes precedence for its own', () => {
  assert.deepEqual(readPorts({}), { server: 8787, site: 8788, foreignSite: 8789, emulator: 8790 });
  const ports = { server: 9000, site: 9001, foreignSite: 9002, emulator: 9003 };
  assert.deepEqual(readPorts({}, '9000'), ports);
  assert.deepEqual(readPorts({ DEMO_SITE_PORT: '80' }, '9000'), { ...ports, site: 80 });
  assert.deepEqual(readPorts({}, '0'), { server: 0, site: 0, foreignSite: 0, emulator: 0 });
  for (const base of ['65533', 'ninety', '-1'])
    assert.throws(() => readPorts({}, base), /^Error: --port-base must be a number from 0 to 65532$/);
});
