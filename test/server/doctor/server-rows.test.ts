/** Each row of the doctor about the server, and what makes it fail. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../server/base/store-unavailable.ts';
import type { DoctorRow } from '../../../server/contract.ts';
import { addressFinding } from '../../../server/doctor/address.ts';
import { runChecks } from '../../../server/doctor/check.ts';
import { serverRows } from '../../../server/doctor/server-rows.ts';
import { saveSweptTo } from '../../../server/store/sweeps.ts';
import { listen } from '../../support/listen.ts';
import { startMailSink } from '../../support/mail-sink.ts';
import { makePatient } from '../../support/patience.ts';
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  testTime,
} from '../../support/test-server.ts';

// The public address is this process itself, which a busy machine keeps from answering in time.
makePatient();

/** Answers with what a test sets for its path. */
async function startAnswers(answers: Record<string, [status: number, body: unknown]>) {
  const server: Server = createServer((request, response) => {
    const [status, body] = answers[(request.url ?? '').split('?')[0] ?? ''] ?? [404, {}];
    const date = new Date(testTime).toUTCString();
    response.writeHead(status, { 'content-type': 'application/json', date }).end(JSON.stringify(body));
  });
  return listen(server);
}
async function rowsOf(server: TestServer): Promise<Record<string, DoctorRow>> {
  const answer = await server.operator('POST', '/v1/doctor', {});
  assert.equal(answer.status, 200, answer.text);
  return Object.fromEntries(answer.body.rows.map((row: DoctorRow) => [row.id, row]));
}
async function withServer(options: TestServerOptions, look: (server: TestServer) => Promise<void>) {
  const server = await startTestServer({ config: { publicUrl: 'http://127.0.0.1:9' }, ...options });
  try {
    await look(server);
  } finally {
    await server.close();
  }
}

test('the database row passes, and fails instead of the whole answer when it cannot be written', async () => {
  await withServer({}, async (server) => {
    assert.equal((await rowsOf(server)).database?.outcome, 'pass');
    await server.ctx.store.schema.alterTable('leases').renameTo('leasesAway').execute();
    assert.equal((await rowsOf(server)).database?.outcome, 'fail');
    await server.ctx.store.schema.alterTable('leasesAway').renameTo('leases').execute();
    const gone = () => {
      throw new StoreUnavailable(new Error('connection refused'));
    };
    const ctx = { ...server.ctx, store: { insertInto: gone } as never };
    const rows = await runChecks(ctx, serverRows(ctx));
    const row = rows.find(({ id }) => id === 'database');
    assert.deepEqual([row?.outcome, row?.detail], ['fail', 'It does not accept writes.']);
  });
});

test('the row of the comparison with Vapi warns when organizations wait, and when they fail', async () => {
  await withServer({}, async (server) => {
    const { store } = server.ctx;
    const row = async () => (await rowsOf(server)).sweeps;
    assert.equal((await row())?.outcome, 'pass');
    await saveSweptTo(store, 'org', server.clock.now);
    assert.equal((await row())?.outcome, 'pass', 'due just now');
    server.clock.now += 11 * 60_000;
    assert.match((await row())?.detail ?? '', /^1 organizations wait .* 11 min/);
    const metrics = (await server.operator('GET', '/metrics')).text;
    assert.match(metrics, /^vapi_agent_sweeps_overdue 1$/m);
    assert.match(metrics, /^vapi_agent_sweeps_lag_seconds 660$/m);
    assert.match(metrics, /^vapi_agent_sweeps_failing 0$/m);
    const nextSweepAt = server.clock.now + 60_000;
    await store.updateTable('sweeps').set({ failures: 2, nextSweepAt }).execute();
    assert.deepEqual(
      [(await row())?.outcome, /1 .* could not be/.test((await row())?.detail ?? '')],
      ['warn', true],
    );
  });
});

test('the rows of Vapi and the clock: no answer is a failure, and the time is then unknown', async () => {
  await withServer({}, async (server) => {
    const { vapi, clock } = await rowsOf(server);
    assert.deepEqual([vapi?.outcome, clock?.outcome], ['fail', 'skipped']);
  });
  const vapi = await startAnswers({});
  await withServer({ vapiBaseUrl: vapi.url, now: testTime + 7_200_000 }, async (server) => {
    const rows = await rowsOf(server);
    assert.deepEqual([rows.vapi?.outcome, rows.clock?.outcome], ['pass', 'fail']);
  });
  await vapi.close();
});

test('the public address passes only if this server answers, and fails for another one, for silence and for plain http', async () => {
  const here = { allowLoopback: true };
  await withServer({}, async (server) => {
    assert.equal((await rowsOf(server))['public-address']?.outcome, 'fail');
    server.ctx.config.publicUrl = server.url;
    const row = (await rowsOf(server))['public-address'];
    assert.equal(row?.outcome, 'pass', row?.detail);
    // Vapi itself is elsewhere: it cannot reach an address of this machine.
    assert.equal((await addressFinding(server.url, { allowLoopback: false })).outcome, 'warn');
  });
  const other = await startAnswers({
    '/openapi.json': [200, { servers: [{ url: 'https://else.example' }] }],
  });
  assert.match((await addressFinding(other.url, here)).detail, /another PUBLIC_URL/);
  assert.match((await addressFinding(`${other.url}/below`, here)).detail, /status 404/);
  await other.close();
  assert.match((await addressFinding('http://voice.agency.example', here)).detail, /not https/);
});

test('the mail row signs in and sends nothing; an unreachable server fails it, without showing the password', async () => {
  const sink = await startMailSink();
  const from = 'voice@agency.example';
  await withServer({ secrets: { smtp: { url: sink.url, from } } }, async (server) => {
    assert.equal((await rowsOf(server)).mail?.outcome, 'pass');
    assert.deepEqual(sink.mails, []);
  });
  await sink.close();
  await withServer(
    { secrets: { smtp: { url: 'smtp://user:password-of-mail@127.0.0.1:9', from } } },
    async (server) => {
      const { mail } = await rowsOf(server);
      assert.equal(mail?.outcome, 'fail');
      assert.match(mail?.fix ?? '', /SMTP_URL/);
    },
  );
  await withServer({}, async (server) => assert.equal((await rowsOf(server)).mail?.outcome, 'skipped'));
});

test('the Stripe rows: key refused, no secret, no endpoint, one disabled, one without the events', async () => {
  const answers: Record<string, [number, unknown]> = {};
  const stripe = await startAnswers(answers);
  const list = (data: unknown[]) => ({ object: 'list', data, has_more: false, url: '/' });
  const secrets = { stripe: { secretKey: 'sk_live_doctor', webhookSecret: 'whsec_doctor' } };
  const config = { publicUrl: 'http://127.0.0.1:9', stripeApiUrl: stripe.url };
  await withServer({ secrets, config }, async (server) => {
    const url = `${server.ctx.config.publicUrl}/v1/webhooks/stripe`;
    answers['/v1/customers'] = [
      401,
      { error: { type: 'invalid_request_error', message: 'Invalid API Key' } },
    ];
    answers['/v1/webhook_endpoints'] = [200, list([])];
    const failed = await rowsOf(server);
    assert.deepEqual([failed['stripe-key']?.outcome, failed['stripe-webhook']?.outcome], ['fail', 'fail']);
    answers['/v1/customers'] = [200, list([])];
    assert.equal((await rowsOf(server))['stripe-key']?.outcome, 'pass');
    const cases = [
      ['disabled', ['*'], 'fail'],
      ['enabled', ['charge.failed'], 'fail'],
      ['enabled', ['*'], 'pass'],
    ] as const;
    for (const [status, enabled_events, outcome] of cases) {
      answers['/v1/webhook_endpoints'] = [200, list([{ url, status, enabled_events }])];
      const row = (await rowsOf(server))['stripe-webhook'];
      assert.equal(row?.outcome, outcome, row?.detail);
    }
    answers['/v1/webhook_endpoints'] = [403, { error: { type: 'invalid_request_error', message: 'no' } }];
    assert.equal((await rowsOf(server))['stripe-webhook']?.outcome, 'warn');
  });
  const without = { stripe: { secretKey: 'sk_test_doctor', webhookSecret: null } };
  await withServer({ secrets: without, config }, async (server) => {
    const rows = await rowsOf(server);
    assert.deepEqual([rows['stripe-key']?.outcome, rows['stripe-webhook']?.outcome], ['warn', 'fail']);
  });
  await stripe.close();
});

test('a row that never answers is ended by its limit, and one that throws is a failure whose reason is in the log', async () => {
  const logged: object[] = [];
  const log = { error: (data: object) => logged.push(data) };
  const rows = await runChecks(
    { log } as never,
    [
      { id: 'silent', title: 'Silent', run: () => new Promise(() => {}) },
      { id: 'throws', title: 'Throws', run: () => Promise.reject(new Error('a secret')) },
    ],
    1,
  );
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['fail', 'fail'],
  );
  assert.ok(!JSON.stringify(rows).includes('a secret'));
  assert.equal(logged.length, 1);
});
