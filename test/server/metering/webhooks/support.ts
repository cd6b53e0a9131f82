/** Shared by the webhook tests: messages as Vapi sends them, and a tenant's own server that gets them from us. */
import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { freePort } from '../../../support/free-port.ts';
import { listen } from '../../../support/listen.ts';
import type { Answer, TestServer } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';

/** The tenant's own server, as it was before us. */
export interface OwnServer {
  url: string;
  /** Everything it received, in order of arrival. */
  received: { headers: IncomingHttpHeaders; raw: Buffer; message: Record<string, unknown> }[];
  /** Its next answers: status and body; 200 and `{}` when none is left. 0 cuts the connection. */
  answers: [status: number, body: string, type?: string][];
  /** Waits until that many messages have arrived. */
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param port of one that was closed before */
export async function startOwnServer(port?: number): Promise<OwnServer> {
  const received: OwnServer['received'] = [];
  const answers: OwnServer['answers'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    received.push({ headers: request.headers, raw, message: JSON.parse(raw.toString()).message });
    const [status, body, type = 'application/json'] = answers.shift() ?? [200, '{}'];
    if (status === 0) response.destroy();
    else response.writeHead(status, { 'content-type': type }).end(body);
  });
  const own = port ?? (await freePort());
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${own}/vapi`,
    received,
    answers,
    waitFor: async (count) => {
      await until(() => received.length >= count, `${count} messages at the tenant's own server`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A Vapi that answers for one assistant and fails for all others. */
export async function startHalfVapi(
  assistantId: string,
  orgId: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const isKnown = request.url === `/assistant/${assistantId}`;
    response.writeHead(isKnown ? 200 : 500, { 'content-type': 'application/json' });
    response.end(isKnown ? JSON.stringify({ id: assistantId, orgId }) : '{}');
  });
  return listen(server);
}

/** The smallest report that can be booked. */
export function report(callId: string = randomUUID(), more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    message: {
      type: 'end-of-call-report',
      timestamp: Date.parse('2026-11-10T12:00:00Z'),
      startedAt: '2026-11-10T11:58:00Z',
      endedAt: '2026-11-10T11:59:00Z',
      endedReason: 'customer-ended-call',
      cost: 0.07,
      costs: [{ type: 'vapi', cost: 0.07 }],
      call: { id: callId, type: 'webCall', createdAt: '2026-11-10T11:58:00Z' },
      ...more,
    },
  });
}

export function toolCalls(more: Record<string, unknown> = {}): string {
  const call = { id: randomUUID(), type: 'function', function: { name: 'book', arguments: { seats: 2 } } };
  return JSON.stringify({
    message: {
      type: 'tool-calls',
      toolCallList: [call],
      toolWithToolCallList: [],
      call: { id: randomUUID(), type: 'webCall' },
      ...more,
    },
  });
}

export function otherMessage(type: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ message: { type, call: { id: randomUUID() }, ...more } });
}

/** A webhook to a tenant, proven by `headers`. */
export function hook(
  server: TestServer,
  slug: string,
  body: string,
  headers: Record<string, string>,
): Promise<Answer> {
  return server.request('POST', `/v1/webhooks/vapi/${slug}`, {
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

/** The value of one of our series, 0 when it has none yet. */
export async function metric(server: TestServer, series: string): Promise<number> {
  const { text } = await server.operator('GET', '/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

export async function bookedCalls(server: TestServer, slug: string): Promise<string[]> {
  const { body } = await server.operator('GET', `/v1/tenants/${slug}/calls?from=2026-11-01&to=2026-12-01`);
  return (body.calls as { id: string }[]).map(({ id }) => id);
}

export function hmac(secret: string | Buffer, text: string, algorithm = 'sha256'): Buffer {
  return createHmac(algorithm, secret).update(text).digest();
}

/** A tenant's own server that answers each message only when the test says so. */
export async function startHoldingServer() {
  /** Each answers one message with a status, in order of arrival. */
  const waiting: ((status: number) => void)[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => waiting.push((status) => response.writeHead(status).end('{}')));
  });
  const { url, close } = await listen(server);
  return { url: `${url}/vapi`, waiting, close };
}
