/** Each row of the doctor about a client, and what makes it fail. Nothing here makes a call. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { DoctorAnswer, DoctorRow } from '../../../server/contract.ts';
import { takeLease } from '../../../server/store/leases.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork();
});
after(() => network?.close());

async function examine(slug: string): Promise<DoctorAnswer> {
  const answer = await network.server.operator('POST', `/v1/tenants/${slug}/doctor`, {});
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
async function rowOf(slug: string, id: string): Promise<DoctorRow> {
  const { rows } = await examine(slug);
  return rows.find((row) => row.id === id) as DoctorRow;
}
/** As if it had been changed after the tenant was saved: saving checks the same. */
const change = (slug: string, columns: object) =>
  network.server.ctx.store.updateTable('tenants').set(columns).where('slug', '=', slug).execute();
const wired = async (
  slug: string,
  ...more: Parameters<TestNetwork['addTenant']> extends [string, ...infer Rest] ? Rest : never
) => {
  const tenant = await network.addTenant(slug, ...more);
  const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
  assert.equal(answer.status, 200, answer.text);
  return tenant;
};

test('a correctly set-up client has no failed row, and nothing is created at Vapi', async () => {
  await wired('well');
  const { rows, failed } = await examine('well');
  assert.equal(failed, 0, JSON.stringify(rows));
  const outcomes = Object.fromEntries(rows.map(({ id, outcome }) => [id, outcome]));
  for (const id of ['clock', 'private-key', 'organization', 'assistant', 'wiring'])
    assert.equal(outcomes[id], 'pass', JSON.stringify(rows));
  assert.deepEqual(network.emulator.calls(), []);
});

test('the clock row warns of a difference, and fails when it is too large to be corrected for', async () => {
  await wired('clock');
  const { clock, ctx } = network.server;
  const { look } = ctx.vapiClock;
  const say = (ms: number) => look(new Headers({ date: new Date(ms).toUTCString() }));
  for (const [seconds, outcome] of [
    [120, 'warn'],
    [7200, 'fail'],
  ] as const) {
    ctx.vapiClock.look = () => say(clock.now + seconds * 1000);
    const row = await rowOf('clock', 'clock');
    assert.equal(row.outcome, outcome);
    assert.match(row.detail, new RegExp(`${seconds} s behind`));
    assert.match(row.fix ?? '', /NTP/);
  }
  ctx.vapiClock.look = look;
  say(clock.now);
});

test('the row of the private key fails when Vapi no longer accepts it, and the rows that need it are skipped', async () => {
  const { slug, orgId } = await wired('revoked');
  const other = await wired('other-key');
  network.emulator.addOrg({
    orgId,
    privateKeys: [`private-${randomUUID()}`],
    publicKeys: [],
    assistants: [],
  });
  const { rows } = await examine(slug);
  const outcomes = Object.fromEntries(rows.map(({ id, outcome }) => [id, outcome]));
  assert.deepEqual(
    [outcomes['private-key'], outcomes.organization, outcomes.assistant, outcomes.wiring],
    ['fail', 'skipped', 'skipped', 'fail'],
  );
  assert.equal((await rowOf(other.slug, 'private-key')).outcome, 'pass');
});

test('the row of the public key fails when it is a private one, which every visitor would get', async () => {
  const { slug } = await wired('public', { accessMode: 'public-key' });
  assert.equal((await rowOf(slug, 'public-key')).outcome, 'pass');
  const { privateKey } = await wired('swapped', { accessMode: 'public-key' });
  const saved = await network.server.operator('PATCH', '/v1/tenants/swapped', { publicKey: privateKey });
  assert.equal(saved.status, 200, saved.text);
  const row = await rowOf('swapped', 'public-key');
  assert.equal(row.outcome, 'fail');
  assert.match(row.detail, /private key/);
  assert.ok(!JSON.stringify(row).includes(privateKey));
});

test('the row of the public key fails when a key made here was changed or deleted at Vapi', async () => {
  const { slug, privateKey } = await wired('restricted');
  const made = await network.server.operator('POST', `/v1/tenants/${slug}/vapi-key`);
  await network.server.operator('PATCH', `/v1/tenants/${slug}`, { accessMode: 'public-key' });
  const row = () => rowOf(slug, 'public-key');
  const atVapi = (method: string, body: object) =>
    fetch(`${network.emulator.url}/token/${made.body.publicKeyId}`, {
      method,
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  assert.deepEqual([(await row()).outcome, (await row()).detail.includes('restricted')], ['pass', true]);
  assert.equal((await atVapi('PATCH', { restrictions: { enabled: false } })).status, 200);
  assert.match((await row()).detail, /not restricted/);
  assert.equal((await atVapi('DELETE', {})).status, 200);
  assert.match((await row()).detail, /no longer exists/);
  assert.equal((await network.server.operator('POST', `/v1/tenants/${slug}/vapi-key`)).status, 200);
  assert.equal((await row()).outcome, 'pass');
});

test('the row of the public key warns while its change has not reached Vapi', async () => {
  const { slug } = await wired('unsettled');
  await network.server.operator('POST', `/v1/tenants/${slug}/vapi-key`);
  network.emulator.setSwitch('refuseTokensWith', 500);
  await network.server.operator('DELETE', `/v1/tenants/${slug}/vapi-key`);
  network.emulator.setSwitch('refuseTokensWith', 0);
  assert.equal((await rowOf(slug, 'public-key')).outcome, 'warn');
});

test('the organization row fails when the key belongs to another one', async () => {
  const { slug, orgId } = await wired('moved');
  await change(slug, { orgId: randomUUID() });
  const row = await rowOf(slug, 'organization');
  assert.equal(row.outcome, 'fail');
  assert.ok(row.detail.includes(orgId), row.detail);
});

test('the assistant row fails when the organization does not have it, and names its version when it has one', async () => {
  const { slug } = await wired('versions', {}, { name: 'Baker' });
  assert.equal((await rowOf(slug, 'assistant')).detail, 'Baker.');
  network.emulator.setSwitch('assistantEdits', 'publishes');
  assert.match((await rowOf(slug, 'assistant')).detail, /Baker, version v?\d+\./);
  network.emulator.setSwitch('assistantEdits', 'in-place');
  const assistantId = randomUUID();
  await change(slug, { assistantId });
  const row = await rowOf(slug, 'assistant');
  assert.equal(row.outcome, 'fail');
  assert.ok(row.detail.includes(assistantId), row.detail);
  assert.equal((await rowOf(slug, 'private-key')).outcome, 'pass');
});

test('the wiring row fails while an assistant reports elsewhere, and reading it changes nothing at Vapi', async () => {
  const { slug, assistantId, privateKey } = await network.addTenant(
    'unwired',
    {},
    {
      server: { url: 'https://crm.client.example/vapi' },
    },
  );
  const row = await rowOf(slug, 'wiring');
  assert.equal(row.outcome, 'fail');
  assert.match(row.fix ?? '', /Call reporting/);
  const headers = { authorization: `Bearer ${privateKey}` };
  const saved = await fetch(`${network.emulator.url}/assistant/${assistantId}`, { headers });
  const { server } = (await saved.json()) as { server: { url: string } };
  assert.equal(server.url, 'https://crm.client.example/vapi');
});

test('a secret that cannot be opened is a failed row, not an error, and is not shown', async () => {
  const { slug } = await wired('sealed');
  await change(slug, { privateKeySealed: 'v1.unreadable' });
  const { rows, failed } = await examine(slug);
  assert.ok(failed > 0);
  assert.equal(rows.find(({ id }) => id === 'private-key')?.outcome, 'fail');
});

test('of two runs for one client the second is refused, and the audit log names each run', async () => {
  const { slug, view } = await wired('twice');
  const { ctx, clock, operator } = network.server;
  const [{ id } = { id: '' }] = await ctx.store
    .selectFrom('tenants')
    .select('id')
    .where('slug', '=', slug)
    .execute();
  assert.ok(view);
  const lease = { name: `doctor ${id}`, owner: 'another', expiresAt: clock.now + 1000 };
  assert.ok(await takeLease(ctx.store, lease, clock.now));
  assert.equal(codeOf(await operator('POST', `/v1/tenants/${slug}/doctor`, {})), 'conflict');
  clock.now += 1000;
  await examine(slug);
  const { entries } = (await operator('GET', '/v1/audit')).body;
  assert.deepEqual([entries[0].action, entries[0].tenant], ['tenant.doctor', slug]);
});
