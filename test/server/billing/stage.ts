/** A server with a seller, tenants with plans, and calls put straight into its ledger. */
import type { CostByComponent, PlanInput } from '../../../server/contract.ts';
import type { CallEvent } from '../../../server/ledger/call-event.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { findTenant, findTenantByHandle, type Tenant } from '../../../server/store/tenants.ts';
import { noCost } from '../../../server/vapi/cost.ts';
import { startEmptyVapi } from '../../support/empty-vapi.ts';
import {
  type Answer,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../support/test-server.ts';

export interface LedgerEntry {
  id: string;
  /** ISO instant at which the call started. */
  at: string;
  seconds: number;
  /** Micros of dollars; null when it is not reported. */
  costMicros?: number | null;
  cost?: Partial<CostByComponent>;
  type?: string;
}

export interface BillingStage {
  server: TestServer;
  /** Another tenant with a plan from that day. */
  addTenant(slug: string, plan: PlanInput, from: string, changes?: Record<string, unknown>): Promise<Tenant>;
  /** Vapi's report at the server's time. */
  book(handle: string, ...entries: LedgerEntry[]): Promise<void>;
  /** Drafts and finalizes. */
  bill(slug: string, month: string): Promise<Answer>;
  clientKey(slug: string): Promise<(method: string, path: string) => Promise<Answer>>;
  close(): Promise<void>;
}

export const seller = {
  name: 'Voice Agency Ltd',
  address: ['1 Harbour Street', 'Dublin'],
  taxId: 'IE0987654X',
};

/** All that a price can be for. */
export const channels: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
/** 10.00 a month, 1.00 a minute. */
export const simplePlan: PlanInput = {
  name: 'Simple',
  currency: 'usd',
  monthlyFeeCents: 1000,
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 1_000_000 } }],
};

export async function startBillingStage(options: TestServerOptions = {}): Promise<BillingStage> {
  const vapi = await startEmptyVapi();
  const defaults = { now: Date.parse('2026-12-02T12:00:00Z'), vapiBaseUrl: vapi.url };
  const server = await startTestServer({ ...defaults, ...options });
  await mustBe(200, server.operator('PUT', '/v1/billing/seller', seller));
  return {
    server,
    async addTenant(slug, plan, from, changes = {}) {
      await server.createTenant({ slug, name: slug, ...changes });
      await mustBe(200, server.operator('PUT', `/v1/tenants/${slug}/plan`, { plan, from, backdate: true }));
      return (await findTenant(server.ctx.store, slug)) as Tenant;
    },
    async book(handle, ...entries) {
      const tenant = (await findTenantByHandle(server.ctx.store, handle)) as Tenant;
      for (const entry of entries) {
        await ingestCallEvent(server.ctx, tenant, eventOf(entry, server.clock.now));
      }
    },
    async bill(slug, month) {
      const draft = await mustBe(
        201,
        server.operator('POST', `/v1/tenants/${slug}/invoices`, { period: month }),
      );
      return server.operator('POST', `/v1/tenants/${slug}/invoices/${draft.body.id}/finalize`);
    },
    async clientKey(slug) {
      const made = await mustBe(
        201,
        server.operator('POST', '/v1/keys', { name: 'client', tenant: slug, scopes: ['read'] }),
      );
      const headers = { authorization: `Bearer ${made.body.key}` };
      return (method, path) => server.request(method, path, { headers });
    },
    async close() {
      await server.close();
      await vapi.close();
    },
  };
}

export async function mustBe(status: number, answer: Promise<Answer>): Promise<Answer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`${got.status} instead of ${status}: ${got.text}`);
  return got;
}

export function eventOf(entry: LedgerEntry, nowMs: number): CallEvent {
  const startedAt = Date.parse(entry.at);
  const { costMicros = 100_000 } = entry;
  return {
    kind: 'report',
    source: 'poll',
    callId: entry.id,
    asOf: nowMs,
    type: entry.type ?? 'webCall',
    status: 'ended',
    assistantId: '0b1c0b1c-0b1c-4b1c-8b1c-0b1c0b1c0b1c',
    sessionId: null,
    createdAt: startedAt,
    startedAt,
    endedAt: startedAt + entry.seconds * 1000,
    endedReason: 'customer-ended-call',
    controlUrl: null,
    cost:
      costMicros === null
        ? null
        : { totalMicros: costMicros, components: { ...noCost(), ...(entry.cost ?? { vapi: costMicros }) } },
  } as CallEvent;
}
