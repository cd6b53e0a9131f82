/** Traces and metrics as a collector receives them: one trace from session to booked cost, and nothing that is secret. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { createLog } from '../../server/base/log.ts';
import { startTelemetry } from '../../server/base/telemetry.ts';
import { listen } from '../support/listen.ts';
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../support/test-network.ts';
import { testTime } from '../support/test-server.ts';
import { until } from '../support/until.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface Collector {
  url: string;
  /** Bodies as they came. */
  payloads: string[];
  headers: Record<string, unknown>[];
  spans(): Span[];
  /** Whether it answers at all, and with what. */
  status: number | null;
}

async function startCollector(t: TestContext): Promise<Collector> {
  const collector: Collector = {
    url: '',
    payloads: [],
    headers: [],
    status: 200,
    spans: () =>
      collector.payloads
        .map((payload) => JSON.parse(payload))
        // biome-ignore lint/suspicious/noExplicitAny: the collector's side of the format
        .flatMap(({ resourceSpans = [] }: any) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans),
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    collector.payloads.push(body);
    collector.headers.push(request.headers);
    await until(() => collector.status !== null, 'the collector to answer').catch(() => {});
    response.writeHead(collector.status ?? 500, { 'content-type': 'application/json' }).end('{}');
  });
  const { url, close } = await listen(server);
  t.after(async () => {
    collector.status = 200;
    await close();
  });
  collector.url = url;
  return collector;
}

const tracedTo = (url: string, options: TestNetworkOptions = {}): Promise<TestNetwork> =>
  startTestNetwork({
    ...options,
    server: {
      config: { telemetry: { endpoint: url, serviceName: 'voice' } },
      secrets: { telemetryHeaders: { 'x-collector-key': 'key-of-the-collector' } },
    },
  });

const attributeOf = (span: Span | undefined, key: string) => {
  const value = span?.attributes.find((attribute) => attribute.key === key)?.value ?? {};
  return Object.values(value)[0];
};

const forged = 'ab'.repeat(16);
const pretends = { traceparent: `00-${forged}-${'cd'.repeat(8)}-01`, tracestate: `x=${forged}` };

describe('traces', () => {
  it('one has all of a call: session, start, its steps, the report that arrives later and the booked row', async (t) => {
    const collector = await startCollector(t);
    const network = await tracedTo(collector.url);
    const { body } = await network.visitor('/v1/sessions', { tenant: 'acme' }, pretends);
    const start = await network.visitor('/v1/calls', { session: body.session }, pretends);
    assert.equal(start.status, 201, start.text);
    const { callId } = start.body;
    network.emulator.endCall(callId);
    await network.emulator.waitForCall(callId, 'settled');
    await network.close();
    const booked = collector.spans().find((span) => attributeOf(span, 'vapi_agent.booked') === true);
    assert.equal(attributeOf(booked, 'vapi_agent.call'), callId);
    const trace = collector.spans().filter(({ traceId }) => traceId === booked?.traceId);
    const names = new Set(trace.map(({ name }) => name));
    assert.deepEqual([...names].sort(), [
      ...['POST /v1/calls', 'POST /v1/sessions', 'POST /v1/webhooks/vapi/:tenant', 'book'],
      ...['create call at Vapi', 'record call', 'reserve'],
    ]);
    const roots = trace.filter(({ parentSpanId }) => !parentSpanId);
    assert.deepEqual(
      roots.map(({ name }) => name),
      ['POST /v1/sessions'],
    );
    const ids = new Set(trace.map(({ spanId }) => spanId));
    assert.equal(ids.size, trace.length);
    assert.deepEqual(
      trace.filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId)),
      [],
    );
  });

  it('a cost that only a comparison with Vapi finds joins the trace of the session, not that of the comparison', async (t) => {
    const collector = await startCollector(t);
    const network = await tracedTo(collector.url, { assistant: { serverMessages: [] } });
    const session = await network.session('acme');
    const { callId } = (await network.visitor('/v1/calls', { session })).body;
    network.emulator.endCall(callId);
    await network.emulator.waitForCall(callId, 'settled');
    const period = { from: '2026-11-10T11:00:00Z', to: '2026-11-10T13:00:00Z' };
    assert.equal((await network.server.operator('POST', '/v1/reconcile', period)).status, 200);
    await network.close();
    const start = collector.spans().find(({ name }) => name === 'POST /v1/calls');
    const booked = collector.spans().find((span) => attributeOf(span, 'vapi_agent.booked') === true);
    assert.doesNotMatch(String(attributeOf(booked, 'vapi_agent.report')), /^(webhook|undefined)/);
    assert.equal(booked?.traceId, start?.traceId);
  });

  it('what a browser, or a sender of reports, says about traces is not read', async (t) => {
    const collector = await startCollector(t);
    const network = await tracedTo(collector.url);
    const { body } = await network.visitor('/v1/sessions', { tenant: 'acme' }, pretends);
    await network.visitor('/v1/calls', { session: body.session }, pretends);
    await network.server.request('POST', '/v1/webhooks/vapi/acme', { headers: pretends, body: {} });
    await network.close();
    assert.ok(collector.spans().length > 3);
    for (const payload of collector.payloads) assert.ok(!payload.includes(forged));
  });

  it('contain no secret, no token, no word, no phone number and no address: only the named attributes', async (t) => {
    const collector = await startCollector(t);
    const network = await tracedTo(collector.url);
    const { emulator, server, acme } = network;
    const session = await network.session('acme');
    const variableValues = { name: 'Ada Unmistakable' };
    const start = await network.visitor('/v1/calls?secret=in-the-query', { session, variableValues });
    emulator.endCall(start.body.callId);
    await emulator.waitForCall(start.body.callId, 'settled');
    const { id } = emulator.makeCall({
      ...{ assistantId: acme.assistantId, type: 'inboundPhoneCall', seconds: 60, cost: 0.1, webhooks: true },
    });
    await emulator.waitForCall(id, 'settled');
    await server.operator('GET', '/v1/tenants/acme/calls?search=%2B15550100');
    await server.request('GET', '/v1/%2B15550100?token=in-the-query');
    await network.close();
    server.secrets.check(collector.payloads);
    const text = collector.payloads.join('\n');
    const { endToken, webCallUrl } = start.body;
    for (const said of [
      session,
      endToken,
      webCallUrl,
      'key-of-the-collector',
      'Unmistakable',
      'in-the-query',
      '15550100',
      '192.168',
      pageOf(server.url),
    ])
      assert.ok(!text.includes(said), said);
    const keys = new Set(collector.spans().flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    assert.deepEqual([...keys].sort(), [
      ...['error.type', 'http.request.method', 'http.response.status_code', 'http.route'],
      ...[
        'vapi_agent.booked',
        'vapi_agent.call',
        'vapi_agent.message',
        'vapi_agent.report',
        'vapi_agent.tenant',
      ],
    ]);
    for (const headers of collector.headers) assert.equal(headers['x-collector-key'], 'key-of-the-collector');
  });
});

const pageOf = (url: string) => new URL(url).host;

describe('metrics', () => {
  it('are the series of /metrics, by the same names and with the same values', async (t) => {
    const collector = await startCollector(t);
    const network = await tracedTo(collector.url);
    const session = await network.session('acme');
    await network.visitor('/v1/calls', { session });
    const { text } = await network.server.operator('GET', '/metrics');
    await network.close();
    const sent = collector.payloads
      .map((payload) => JSON.parse(payload))
      // biome-ignore lint/suspicious/noExplicitAny: the collector's side of the format
      .flatMap(({ resourceMetrics = [] }: any) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    assert.ok(names.length > 15);
    assert.deepEqual([...new Set(sent.map(({ name }) => name))].sort(), names.sort());
    const grants = sent.find(({ name }) => name === 'vapi_agent_grants_total');
    assert.equal(grants.sum.isMonotonic, true);
    assert.equal(grants.sum.dataPoints[0].asDouble, 1);
    assert.match(text, /vapi_agent_grants_total\{result="granted"\} 1/);
  });
});

describe('a collector that is', () => {
  it('silent delays no call, and a stop only within its bound', async (t) => {
    const collector = await startCollector(t);
    collector.status = null;
    const network = await tracedTo(collector.url);
    for (let call = 0; call < 3; call += 1) {
      const session = await network.session('acme');
      assert.equal((await network.visitor('/v1/calls', { session })).status, 201);
    }
    await network.close();
    assert.ok(collector.payloads.length > 0);
  });

  it('refusing is warned about once, and again only after it has worked', async (t) => {
    const collector = await startCollector(t);
    collector.status = 400;
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const settings = { endpoint: collector.url, serviceName: 'voice', headers: {} };
    const { tracing, close } = startTelemetry(settings, log, () => testTime);
    for (let index = 0; index < 2000; index += 1) await tracing.span('work', async () => {});
    await close();
    assert.ok(collector.payloads.length > 1);
    const warnings = lines.filter((line) => line.includes('cannot be delivered'));
    assert.equal(warnings.length, 1);
  });

  it('slow costs a bounded amount of memory: what does not fit is dropped', async (t) => {
    const collector = await startCollector(t);
    collector.status = null;
    const settings = { endpoint: collector.url, serviceName: 'voice', headers: {} };
    const { tracing, close } = startTelemetry(settings, createLog('silent'), () => testTime);
    for (let index = 0; index < 20_000; index += 1) await tracing.span('work', async () => {});
    collector.status = 200;
    await close();
    const { length } = collector.spans();
    assert.ok(length > 1000 && length <= 4096 + 512, `${length} spans`);
  });
});

it('a trace follows from a session without containing it', async (t) => {
  const collector = await startCollector(t);
  const settings = { endpoint: collector.url, serviceName: 'voice', headers: {} };
  const { tracing, close } = startTelemetry(settings, createLog('silent'), () => testTime);
  const id = randomBytes(18).toString('base64url');
  for (const named of [`ses_${id}`, `msg_${id}`, `ses_${id.slice(1)}x`])
    await tracing.span('work', async () => tracing.join(named));
  await close();
  const [session, message, other] = collector.spans().map(({ traceId }) => traceId);
  assert.equal(session, message);
  assert.notEqual(session, other);
  assert.ok(!collector.payloads.join().includes(id));
});
