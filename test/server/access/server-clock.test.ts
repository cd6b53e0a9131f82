/** A server whose clock is wrong still starts calls, and reports what is wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import jwt from 'jsonwebtoken';
import { signScopedKey } from '../../../server/vapi/scoped-key.ts';
import { createVapiClock } from '../../../server/vapi/vapi-clock.ts';
import { defaultEngine, type TestDatabase } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf, testTime } from '../../support/test-server.ts';

const noon = Date.parse('2026-11-10T12:00:00Z');
const dated = (ms: number, more = {}) => new Headers({ date: new Date(ms).toUTCString(), ...more });

describe('the clock of Vapi', () => {
  const logged: string[] = [];
  const clockAt = (ours: { now: number }) => {
    logged.length = 0;
    return createVapiClock(() => ours.now, {
      warn: (_data: object, text: string) => logged.push(text),
    } as never);
  };

  it('counts as ours while it differs by less than half a minute', () => {
    const clock = clockAt({ now: noon });
    for (const ms of [0, 29_000, -29_000]) clock.look(dated(noon + ms));
    assert.deepEqual([clock.now(), clock.behindSeconds(), logged.length], [noon, 0, 0]);
  });

  it('is followed, and the difference is reported once an hour and whenever it changes', () => {
    const ours = { now: noon };
    const clock = clockAt(ours);
    clock.look(dated(noon + 90_000));
    clock.look(dated(noon + 91_000));
    assert.deepEqual([clock.now(), clock.behindSeconds()], [noon + 91_000, 91]);
    assert.match(logged.join(), /^this server's clock is 90 s behind Vapi's/);
    ours.now += 3_600_000;
    clock.look(dated(ours.now + 90_000));
    clock.look(dated(ours.now - 60_000));
    assert.equal(logged.length, 3);
    assert.match(logged[2] ?? '', /60 s ahead of/);
    clock.look(dated(ours.now));
    assert.equal(clock.now(), ours.now, 'set right');
  });

  it('is not followed beyond an hour, out of a cache, or without a date', () => {
    const clock = clockAt({ now: noon });
    clock.look(dated(noon + 7_200_000));
    assert.deepEqual([clock.now(), clock.behindSeconds(), logged.length], [noon, 7200, 1]);
    const fresh = clockAt({ now: noon });
    for (const headers of [dated(noon + 90_000, { age: '90' }), new Headers({ date: 'x' }), new Headers()])
      fresh.look(headers);
    assert.deepEqual([fresh.now(), logged.length], [noon, 0]);
  });
});

it('a key of our own has five minutes of leeway, one for a browser has none', () => {
  const options = { orgId: 'org', privateKey: 'private', assistantId: 'assistant' };
  const times = (origin?: string) => {
    const { key } = signScopedKey({ ...options, ...(origin ? { origin } : {}) }, noon);
    const { iat = 0, exp = 0 } = jwt.decode(key) as jwt.JwtPayload;
    return [iat - noon / 1000, exp - noon / 1000];
  };
  assert.deepEqual(times(), [-300, 360]);
  assert.deepEqual(times('https://shop.acme.example'), [0, 60]);
});

describe('a server whose clock is 90 s behind', () => {
  let network: TestNetwork;
  let database: TestDatabase;
  before(async () => {
    database = await defaultEngine.createMigrated();
    // The emulator checks keys by its own clock, and dates its answers with it.
    network = await startTestNetwork({
      server: { database },
      emulator: { now: () => testTime + 90_000, joinTimeoutMs: 3_600_000 },
    });
    await network.addTenant('keys', { accessMode: 'scoped-key' });
  });
  after(async () => {
    await network.close();
    await database.remove();
  });

  it('reports it to the operator who saves a tenant, and in the log', async () => {
    const { assistantId } = network.acme;
    const { body } = await network.server.operator('PATCH', '/v1/tenants/acme', { assistantId });
    assert.equal(body.vapiCheck, 'ok');
    assert.equal(body.clockBehindSeconds, 90);
    assert.match(network.server.log.join(''), /clock is 90 s behind Vapi's/);
  });

  it('starts a call, and hands out a key that Vapi accepts', async () => {
    const call = await network.visitor('/v1/calls', { session: await network.session('acme') });
    assert.equal(call.status, 201, call.text);
    const granted = await network.visitor('/v1/calls', { session: await network.session('keys') });
    const { key, assistantId, assistantOverrides, apiBaseUrl } = granted.body;
    const made = await fetch(`${apiBaseUrl}/call/web`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        origin: 'https://shop.acme.example',
      },
      body: JSON.stringify({ assistantId, assistantOverrides }),
    });
    assert.equal(made.status, 201);
  });

  it('starts a call before it knows Vapi’s time', async () => {
    await network.restartServer();
    const call = await network.visitor('/v1/calls', { session: await network.session('acme') });
    assert.equal(codeOf(call), undefined);
    assert.match(network.server.log.join(''), /clock is \d+ s behind Vapi's/);
  });
});
