/** What Vapi does not do at once about a client's public key is done later, or reported; none is left over. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { removeTenant } from '../../../server/billing/plan/tenant-deletion.ts';
import { findPendingKey } from '../../../server/store/pending-keys.ts';
import { findTenantById } from '../../../server/store/tenants.ts';
import { pageOrigin } from '../../support/test-server.ts';
import { by, startVapiKeyStage, type VapiKeyStage } from './vapi-key-stage.ts';

let keys: VapiKeyStage;
before(async () => {
  keys = await startVapiKeyStage();
});
after(() => keys?.close());
beforeEach(() => keys.addClient());

test('what Vapi does not do at once is noted and done later, as the settings are then', async () => {
  await keys.make();
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  const removed = await keys.operator('PATCH', '', { allowedOrigins: ['https://a.acme.example'] });
  assert.match(removed.body.notes.join(' '), /tried again/);
  await keys.operator('PATCH', '', { allowedOrigins: ['https://b.acme.example'] });
  await keys.retryAll();
  keys.network.emulator.setSwitch('refuseTokensWith', 0);
  assert.deepEqual((await keys.theKeyAtVapi()).restrictions.allowedOrigins, [pageOrigin]);
  await keys.retryAll();
  assert.deepEqual((await keys.theKeyAtVapi()).restrictions.allowedOrigins, ['https://b.acme.example']);
  assert.equal(await findPendingKey(keys.network.server.ctx.store, (await keys.stored()).id), null);
});

test('a key is revoked here although Vapi does not answer, and at Vapi as soon as it does', async () => {
  await keys.make();
  const { value } = await keys.theKeyAtVapi();
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  const { body } = await keys.operator('DELETE', '/vapi-key');
  assert.equal((await keys.stored()).publicKeySealed, null);
  assert.match(body.notes.join(' '), /still works/);
  assert.equal(body.steps.length, 2);
  keys.network.emulator.setSwitch('refuseTokensWith', 0);
  await keys.retryAll();
  assert.equal(await keys.callStatus(value), 401);
});

test('the key of a deleted client is deleted, later when Vapi does not answer now', async () => {
  await keys.make();
  const { id } = await keys.stored();
  const { value } = await keys.theKeyAtVapi();
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  assert.equal((await keys.operator('DELETE')).status, 204);
  assert.equal(await keys.callStatus(value), 201);
  keys.network.emulator.setSwitch('refuseTokensWith', 0);
  await keys.retryAll();
  assert.equal(await keys.callStatus(value), 401);
  assert.ok((await findTenantById(keys.network.server.ctx.store, id))?.deletedAt);
});

interface KeyNotice {
  kind: string;
  title: string;
  text: string;
  pending: boolean;
}

const notices = async (): Promise<KeyNotice[]> => {
  const { body } = await keys.network.server.operator('GET', '/v1/notices');
  const all = body.notices as (KeyNotice & { tenant: string })[];
  return all.filter(({ tenant, kind }) => tenant === keys.acme.slug && kind === 'key-not-changed');
};

/** More than a week of attempts that are due, each answered as Vapi is set to. */
async function aWeek() {
  for (let hours = 0; hours < 24 * 10; hours += 6) await keys.retryAll();
}

test('a change that Vapi has not made for a week is a notice with what to do by hand, once, until it is done', async () => {
  await keys.make();
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  await keys.operator('PATCH', '', { allowedOrigins: ['https://a.acme.example'] });
  await keys.retryAll();
  assert.deepEqual(await notices(), []);
  await aWeek();
  await keys.retryAll();
  const [notice, ...more] = await notices();
  assert.deepEqual([notice?.title, more], ['its public key at Vapi must be changed by hand', []]);
  const { publicKey } = (await keys.operator('GET')).body;
  for (const part of [
    'for a week',
    keys.acme.orgId,
    publicKey,
    'https://a.acme.example',
    keys.acme.assistantId,
  ])
    assert.ok(notice?.text.includes(part), part);
  const { rows } = (await keys.operator('POST', '/doctor', {})).body;
  const row = rows.find(({ id }: { id: string }) => id === 'public-key');
  assert.deepEqual([row.outcome, /as the notice/.test(row.fix)], ['fail', true], JSON.stringify(row));
  keys.network.emulator.setSwitch('refuseTokensWith', 0);
  keys.network.server.clock.now += 24 * 3600_000;
  await keys.retryAll();
  assert.deepEqual((await keys.theKeyAtVapi()).restrictions.allowedOrigins, ['https://a.acme.example']);
  const [settled, ...others] = await notices();
  assert.match(settled?.text ?? '', / It was done on 20\d\d-\d\d-\d\d\.$/);
  assert.deepEqual(others, []);
  assert.equal(await findPendingKey(keys.network.server.ctx.store, (await keys.stored()).id), null);
});

test('the key of a deleted client that Vapi refuses to delete is a notice, settled when it was deleted by hand', async () => {
  await keys.make();
  const { id } = await keys.stored();
  const key = await keys.theKeyAtVapi();
  keys.network.emulator.setSwitch('refuseTokensWith', 403);
  assert.equal((await keys.operator('DELETE')).status, 204);
  const [notice] = await notices();
  assert.equal(notice?.title, 'its public key at Vapi must be deleted by hand');
  assert.ok(notice?.text.includes(`“${key.name}”`), notice?.text);
  keys.network.emulator.setSwitch('refuseTokensWith', 0);
  const headers = { authorization: `Bearer ${keys.acme.privateKey}` };
  await fetch(`${keys.network.emulator.url}/token/${key.id}`, { method: 'DELETE', headers });
  keys.network.server.clock.now += 24 * 3600_000;
  await keys.retryAll();
  assert.match((await notices())[0]?.text ?? '', / It was done on /);
  assert.equal(await findPendingKey(keys.network.server.ctx.store, id), null);
});

test('a change that waits for the operator is no longer tried after a month, and its notice stays open', async () => {
  await keys.make();
  keys.network.emulator.setSwitch('refuseTokensWith', 500);
  await keys.operator('DELETE', '/vapi-key');
  await aWeek();
  for (let day = 0; day < 31; day += 1) {
    keys.network.server.clock.now += 24 * 3600_000;
    await keys.retryAll();
  }
  assert.equal(await findPendingKey(keys.network.server.ctx.store, (await keys.stored()).id), null);
  const [notice, ...more] = await notices();
  assert.doesNotMatch(notice?.text ?? '', /It was done/);
  assert.deepEqual(more, []);
});

test('a key that was made while its client was being deleted is deleted, too', async () => {
  const before = await keys.stored();
  await keys.make();
  const { value } = await keys.theKeyAtVapi();
  await removeTenant(keys.network.server.ctx, before, by);
  assert.equal(await keys.callStatus(value), 401);
});
