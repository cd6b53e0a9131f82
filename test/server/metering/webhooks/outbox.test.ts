/** What waits for a tenant's own server is limited: the oldest goes first, counted, and the operator is notified. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sql } from 'kysely';
import { forgetFinishedMessages } from '../../../../server/store/forwarded-messages.ts';
import { type Engine, type TestDatabase, testDatabases } from '../../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';
import {
  hook,
  metric,
  type OwnServer,
  otherMessage,
  report,
  startHoldingServer,
  startOwnServer,
} from './support.ts';

for (const engine of testDatabases()) describe(`a full outbox, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  const secretKeys = [randomBytes(32)];
  const webhookSecret = 'webhook-secret-of-acme';
  const proof = { 'x-vapi-agent-token': webhookSecret };
  /** A thousandth of the usual limits. */
  const limits = { messages: 10_000, bytes: 100_000 };
  const few = { messages: 5, bytes: 100_000_000 };
  let database: TestDatabase;
  let server: TestServer;
  let own: OwnServer;
  const start = async (outboxLimits: { messages: number; bytes: number }) => {
    server = await startTestServer({ database, secrets: { secretKeys }, outboxLimits });
    await server.createTenant({
      slug: 'acme',
      webhookSecret,
      webhookForwardUrl: own.url,
      alerts: { email: 'owner@agency.example' },
    });
  };
  const send = async (body: string, slug = 'acme') => {
    // So that each is younger than the one before.
    server.clock.now += 1;
    assert.equal((await hook(server, slug, body, proof)).status, 200);
    return body;
  };
  const pass = (ms: number) => {
    server.clock.now += ms;
    server.ctx.outboxBell.ring();
  };
  const forwarded = (result: string, of = server) =>
    metric(of, `vapi_agent_forwarded_total{mode="outbox",result="${result}"}`);
  const pending = () => metric(server, 'vapi_agent_outbox_pending');
  const stored = async () => {
    const rows = await server.ctx.store.selectFrom('forwardedContents').selectAll().execute();
    return rows.map(({ headersSealed, bodySealed }) => headersSealed.length + bodySealed.length);
  };
  const notices = async () =>
    ((await server.operator('GET', '/v1/notices')).body.notices as { kind: string }[]).filter(
      ({ kind }) => kind === 'outbox-full',
    );

  beforeEach(async () => {
    database = await engine.create();
    own = await startOwnServer();
  });
  afterEach(async () => {
    await server.close();
    await own.close();
    await database.remove();
  });

  it('keeps the newest messages up to the limit in bytes, and delivers these when the server is back', async () => {
    const { port } = new URL(own.url);
    await own.close();
    await start(limits);
    const bodies: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      bodies.push(await send(report(randomUUID(), { transcript: 'x'.repeat(5000) })));
      const bytes = (await stored()).reduce((sum, size) => sum + size, 0);
      assert.ok(bytes <= limits.bytes, `${bytes} bytes are stored`);
    }
    const sizes = await stored();
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.equal(await metric(server, 'vapi_agent_outbox_bytes'), bytes);
    assert.equal(await pending(), sizes.length);
    assert.ok(bytes + Math.max(...sizes) > limits.bytes, 'no more was given up than necessary');
    assert.equal(await forwarded('given-up'), 40 - sizes.length);

    own = await startOwnServer(Number(port));
    // If an attempt still fails meanwhile, the pause before the next one starts then.
    const emptied = async () => {
      pass(20_000);
      return (await pending()) === 0;
    };
    await until(emptied, 'an empty outbox');
    assert.deepEqual(
      own.received.map(({ raw }) => raw.toString()).sort(),
      bodies.slice(-sizes.length).sort(),
    );
    assert.equal(await forwarded('delivered'), sizes.length);
    assert.equal(await metric(server, 'vapi_agent_outbox_bytes'), 0);
    assert.deepEqual(await stored(), []);
  });

  it('keeps no more small messages than the limit, each with its call in the ledger', async () => {
    await own.close();
    await start(few);
    for (let i = 0; i < 12; i += 1) await send(i % 2 ? report() : otherMessage('speech-update'));
    assert.equal(await pending(), 5);
    assert.equal(await forwarded('given-up'), 7);
    const { body } = await server.operator('GET', '/v1/tenants/acme/calls?from=2026-11-01&to=2026-12-01');
    assert.equal(body.calls.length, 6);
  });

  it('notifies the operator once a day that messages are given up, how many wait and since when', async () => {
    await own.close();
    await start(few);
    for (let i = 0; i < 5; i += 1) await send(report());
    assert.deepEqual(await notices(), []);
    for (let i = 0; i < 3; i += 1) await send(report());
    const [notice, ...others] = await notices();
    assert.deepEqual(others, []);
    const { period, data } = notice as unknown as { period: string; data: Record<string, unknown> };
    assert.equal(period, '2026-11-10');
    assert.deepEqual([data.givenUp, data.waiting, data.oldest], [1, 5, '2026-11-10T12:00:00.001Z']);
    // The next day, and not yet so late that messages are given up for their age.
    server.clock.now += 13 * 3_600_000;
    for (let i = 0; i < 3; i += 1) await send(report());
    assert.equal((await notices()).length, 2);
  });

  it('does not bring back a message that was given up during its delivery', async () => {
    const held = await startHoldingServer();
    await start({ ...few, messages: 1 });
    await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl: held.url });
    for (const [answer, counted] of [
      [500, 1],
      [200, 2],
    ] as const) {
      await send(report());
      await until(() => held.waiting.length === 1, 'the delivery to begin');
      await send(report());
      assert.equal(await forwarded('given-up'), counted);
      await until(() => held.waiting.length === 2, 'the other delivery to begin');
      held.waiting.shift()?.(answer);
      held.waiting.shift()?.(200);
      await until(async () => (await forwarded('delivered')) === counted, 'the newest to be delivered');
      pass(86_400_000);
      await until(async () => (await pending()) === 0, 'an empty outbox');
    }
    assert.ok(server.log.every((line) => !line.includes('background work failed')));
    await held.close();
  });

  it('affects no other tenant: its messages wait for their own server', async () => {
    await own.close();
    await start(few);
    await server.createTenant({ slug: 'quiet', webhookSecret, webhookForwardUrl: own.url });
    await send(report(), 'quiet');
    for (let i = 0; i < 10; i += 1) await send(report());
    assert.equal(await pending(), 6);
  });

  it('delivers another tenant’s message while one server keeps every request waiting', async () => {
    const held = await startHoldingServer();
    await start(limits);
    await server.createTenant({ slug: 'hanging', webhookSecret, webhookForwardUrl: held.url });
    for (let i = 0; i < 20; i += 1) await send(report(), 'hanging');
    await until(() => held.waiting.length === 6, 'half of the places to be taken');
    await send(report());
    await own.waitFor(1);
    assert.equal(held.waiting.length, 6);
    assert.equal(await forwarded('failed'), 0);
    await held.close();
  });

  // SQLite is for one process.
  if (engine.name === 'PostgreSQL') {
    it('stays within the limit when two servers accept messages at the same time', async () => {
      await own.close();
      await start(few);
      const options = { database, secrets: { secretKeys }, outboxLimits: few, now: server.clock.now };
      const second = await startTestServer(options);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => hook(i % 2 ? server : second, 'acme', report(), proof)),
      );
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(await pending(), 5);
      assert.equal((await forwarded('given-up')) + (await forwarded('given-up', second)), 35);
      await second.close();
    });
  }

  it('goes to another server as soon as the tenant names it, and is dropped when it names none', async () => {
    const other = await startOwnServer();
    await own.close();
    await start(limits);
    const failure = async (count: number) => {
      await until(async () => (await forwarded('failed')) === count, `failure ${count}`);
    };
    const rest = async () => {
      const { store } = server.ctx;
      const waiting = await store.selectFrom('forwardedMessages').select('nextAttemptAt').execute();
      return waiting.some(({ nextAttemptAt }) => (nextAttemptAt ?? 0) > server.clock.now + 60_000);
    };
    const body = await send(report());
    await failure(1);
    for (let count = 2; count <= 6; count += 1) {
      pass(3_600_000);
      await failure(count);
    }
    await until(rest, 'the next attempt to be more than a minute away');
    await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl: other.url });
    await other.waitFor(1);
    assert.equal(other.received[0]?.raw.toString(), body);
    await until(async () => (await pending()) === 0, 'an empty outbox');

    await other.close();
    await send(report());
    await failure(7);
    for (let count = 8; count <= 12; count += 1) {
      pass(3_600_000);
      await failure(count);
    }
    await until(rest, 'the next attempt to be more than a minute away');
    await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardUrl: null });
    await until(async () => (await stored()).length === 0, 'the outbox to be empty');
    assert.equal(await pending(), 0);
    assert.equal(await forwarded('dropped'), 1);
  });

  it('is tried again as soon as the tenant’s headers change, which its server may have waited for', async () => {
    await start(limits);
    own.answers.push([401, '{}']);
    const body = await send(report());
    await until(async () => (await forwarded('failed')) === 1, 'its server to refuse it');
    const nextAttemptAt = server.clock.now + 1_800_000;
    const { store } = server.ctx;
    await until(async () => {
      const waiting = store.selectFrom('forwardedMessages').select('answer');
      return (await waiting.executeTakeFirst())?.answer === 401;
    }, 'the failure to be written');
    await store.updateTable('forwardedMessages').set({ nextAttemptAt }).execute();
    const webhookForwardHeaders = { authorization: 'Bearer new' };
    await server.operator('PATCH', '/v1/tenants/acme', { webhookForwardHeaders });
    await own.waitFor(2);
    const [, again] = own.received;
    assert.deepEqual([again?.raw.toString(), again?.headers.authorization], [body, 'Bearer new']);
  });

  it('deletes the outcomes of messages in batches, and none too early', async () => {
    await start(limits);
    for (let i = 0; i < 5; i += 1) await send(report());
    await until(async () => (await forwarded('delivered')) === 5, 'all to be delivered');
    const { store } = server.ctx;
    const kept = async () => (await store.selectFrom('forwardedMessages').select('id').execute()).length;
    const over = server.clock.now + 3_600_000;
    assert.equal(await forgetFinishedMessages(store, over - 10, 2), false);
    assert.equal(await kept(), 5);
    assert.equal(await forgetFinishedMessages(store, over, 2), true);
    assert.equal(await kept(), 3);
    assert.equal(await forgetFinishedMessages(store, over, 4), false);
    assert.equal(await kept(), 0);
  });

  // PostgreSQL chooses by the number of rows.
  if (engine.name === 'SQLite') {
    it('scans no table for what is in a tenant’s outbox or due', async () => {
      await start(few);
      const plan = async (text: string) => {
        const { rows } = await sql
          .raw<{ detail: string }>(`explain query plan ${text}`)
          .execute(server.ctx.store);
        return rows.map(({ detail }) => detail).join('; ');
      };
      const waiting = `from forwarded_messages where next_attempt_at is not null and tenant_id = 'a'`;
      assert.match(
        await plan(`select count(*), sum(bytes) ${waiting}`),
        /COVERING INDEX forwarded_messages_waiting/,
      );
      const oldest = await plan(`select id, bytes, created_at ${waiting} order by created_at, id limit 500`);
      assert.match(oldest, /COVERING INDEX forwarded_messages_waiting/);
      assert.doesNotMatch(oldest, /B-TREE/);
      assert.match(
        await plan('select id from forwarded_messages where expires_at <= 5 order by expires_at limit 9'),
        /SEARCH.* INDEX forwarded_messages_over/,
      );
    });
  }
}
