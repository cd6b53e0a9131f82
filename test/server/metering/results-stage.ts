/** A server, one client whose results are kept, and a Vapi that has the calls that were reported. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { TenantView } from '../../../server/contract.ts';
import { listen } from '../../support/listen.ts';
import type { Engine } from '../../support/postgres.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/test-server.ts';

export const idOf = (no: number) => `c0ffee00-0000-4000-8000-${String(no).padStart(12, '0')}`;
const secret = 'webhook-secret-of-acme';
const results = {
  summary: true,
  outputs: [
    { name: 'booked', path: 'appointment.confirmed', type: 'boolean', label: 'Booked', shown: true },
    { name: 'note', path: 'note', type: 'text', label: 'Note', shown: false },
  ],
};

/** What a report says of a call's results. */
export const booked = (confirmed: unknown, note: unknown = '=SUM(1)') => ({
  analysis: { summary: 'Wants a table for Ms Moss.', successEvaluation: 'true', structuredData: { note } },
  artifact: {
    structuredOutputs: { a: { name: 'appointment', result: { confirmed } } },
    performanceMetrics: { turnLatencies: [{ turnLatency: 800 }, { turnLatency: 1200 }] },
  },
});

export interface ResultsStage {
  server: TestServer;
  acme: TenantView;
  /** At Vapi, by id. */
  calls: Map<string, object>;
  /** The end of a call of 30 s and `no` more, which began `agoMs` before; by default an hour. */
  report(no: number, said: object, agoMs?: number): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  read(no: number): Promise<any>;
  /** Ids of the calls that the filters find. */
  listed(query: string): Promise<string[]>;
  csv(path: string): Promise<Answer>;
  close(): Promise<void>;
}

export async function startResultsStage(engine?: Engine): Promise<ResultsStage> {
  const calls = new Map<string, object>();
  const vapi = await listen(
    createServer(({ url = '', method }, response) => {
      const answer = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (url.startsWith('/call?')) return answer(200, [...calls.values()]);
      const id = url.replace('/call/', '');
      const call = calls.get(id);
      if (method === 'DELETE') calls.delete(id);
      return answer(call ? 200 : url.startsWith('/call/') ? 404 : 500, call ?? {});
    }),
  );
  const server = await startTestServer({ vapiBaseUrl: vapi.url, ...(engine ? { engine } : {}) });
  const acme = await server.createTenant({ webhookSecret: secret, results });

  function callOf(no: number, agoMs = 3_600_000) {
    const start = server.clock.now - agoMs;
    const [createdAt, endedAt] = [start, start + 30_000 + no * 1000].map((at) => new Date(at).toISOString());
    const { orgId, assistantId } = acme;
    const call = { id: idOf(no), orgId, type: 'webCall', assistantId, createdAt };
    return { call, end: { startedAt: createdAt, endedAt, cost: 0.1, endedReason: 'customer-ended-call' } };
  }

  return {
    ...{ server, acme, calls },
    async report(no, said, agoMs) {
      const { call, end } = callOf(no, agoMs);
      calls.set(call.id, { ...call, ...end, status: 'ended', ...said });
      const message = { type: 'end-of-call-report', timestamp: server.clock.now, call, ...end, ...said };
      const headers = { 'x-vapi-secret': secret, 'content-type': 'application/json' };
      const answer = await server.request('POST', '/v1/webhooks/vapi/acme', { headers, body: { message } });
      assert.equal(answer.status, 200, answer.text);
    },
    read: async (no) => (await server.operator('GET', `/v1/tenants/acme/calls/${idOf(no)}`)).body,
    listed: async (query) =>
      (await server.operator('GET', `/v1/tenants/acme/calls?${query}`)).body.calls.map(
        ({ id }: { id: string }) => id,
      ),
    csv(path) {
      const headers = { authorization: `Bearer ${server.operatorKey}`, accept: 'text/csv' };
      return server.request('GET', path, { headers });
    },
    async close() {
      await server.close();
      await vapi.close();
    },
  };
}
