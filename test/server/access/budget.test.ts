/** The monthly budget also holds at the turn of the month. Keys are handed out here, so no Vapi is needed. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { testDatabases } from '../../support/postgres.ts';
import {
  type Answer,
  codeOf,
  pageOrigin,
  startTestServer,
  type TestServer,
} from '../../support/test-server.ts';

const webhookSecret = 'a-webhook-secret-of-the-test';
/** Pays for exactly one call: 600 s at $0.50 a minute. */
const limits = { monthlyBudgetMicros: 5_000_000 };

for (const engine of testDatabases()) {
  describe(`a budget for one call, on ${engine.name}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startTestServer({ engine });
    });
    after(() => server?.close());

    async function newTenant(changes: object = {}): Promise<string> {
      const slug = `t-${randomUUID()}`;
      await server.createTenant({ slug, accessMode: 'scoped-key', webhookSecret, limits, ...changes });
      return slug;
    }
    async function start(slug: string, at: string): Promise<Answer> {
      server.clock.now = Date.parse(at);
      const headers = { origin: pageOrigin, 'content-type': 'text/plain' };
      const { session } = (await server.request('POST', '/v1/sessions', { headers, body: { tenant: slug } }))
        .body;
      return server.request('POST', '/v1/calls', { headers, body: { session } });
    }
    /** Vapi's report of the call that a grant became. */
    async function report(slug: string, grant: Answer, startedAt: string, cost: number): Promise<void> {
      const { assistantId, assistantOverrides } = grant.body;
      const endedAt = new Date(Date.parse(startedAt) + 60_000).toISOString();
      server.clock.now = Date.parse(endedAt);
      const call = {
        id: randomUUID(),
        type: 'webCall',
        createdAt: startedAt,
        assistantId,
        assistantOverrides,
      };
      const message = {
        type: 'end-of-call-report',
        timestamp: server.clock.now,
        startedAt,
        endedAt,
        cost,
        call,
      };
      const answer = await server.request('POST', `/v1/webhooks/vapi/${slug}`, {
        headers: { 'x-vapi-agent-token': webhookSecret, 'content-type': 'application/json' },
        body: { message },
      });
      assert.equal(answer.status, 200, answer.text);
    }

    it('does not pay for a second call in the next month, in which the first may still begin', async () => {
      const slug = await newTenant();
      const first = await start(slug, '2026-11-30T23:59:50Z');
      assert.equal(first.status, 201, first.text);
      assert.equal(codeOf(await start(slug, '2026-12-01T00:00:02Z')), 'budget_exhausted');
      await report(slug, first, '2026-12-01T00:00:05Z', 5);
      assert.equal(codeOf(await start(slug, '2026-12-01T01:00:00Z')), 'budget_exhausted');
      const { total } = (await server.operator('GET', `/v1/tenants/${slug}/usage?from=2026-12-01`)).body;
      assert.equal(total.costMicros, 5_000_000);
    });

    it('is whole again as soon as the previous month’s call is known to belong to that month', async () => {
      const slug = await newTenant();
      const first = await start(slug, '2026-11-30T23:59:50Z');
      await report(slug, first, '2026-11-30T23:59:55Z', 4.9);
      const second = await start(slug, '2026-12-01T00:02:00Z');
      assert.deepEqual([second.status, second.body.maxDurationSeconds], [201, 600], second.text);
    });

    it('is not affected by a call of the previous month that can begin in that month only', async () => {
      const slug = await newTenant();
      assert.equal((await start(slug, '2026-11-30T23:40:00Z')).status, 201);
      assert.equal((await start(slug, '2026-12-01T00:00:02Z')).status, 201);
    });

    it('begins with the month in the tenant’s time zone', async () => {
      const slug = await newTenant({ timeZone: 'Asia/Tokyo' });
      assert.equal((await start(slug, '2026-11-30T14:59:50Z')).status, 201);
      assert.equal(codeOf(await start(slug, '2026-11-30T15:00:02Z')), 'budget_exhausted');
    });
  });
}
