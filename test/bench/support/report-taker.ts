/**
 * Takes made-up reports as the webhook does once it has read them. Started with `fork`, it is one of several processes
 * on a database: it answers `{ config }` with 'ready' and `{ count, inFlight }` with 'done'.
 */
import { randomUUID } from 'node:crypto';
import { ingestReport } from '../../../server/metering/ingest.ts';
import { listTenants, type Tenant } from '../../../server/store/tenants.ts';
import { readServerMessage } from '../../../server/vapi/messages.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { startTestServer, testTime } from '../../support/test-server.ts';

export const tenants = 20;

export interface ReportTaker {
  /** @param inFlight how many wait for their commit at the same time */
  take(count: number, inFlight: number): Promise<void>;
  close(): Promise<void>;
}

/** On a new database: adds the tenants whose reports are taken. */
export async function addTenants(database: TestDatabase): Promise<void> {
  const server = await startTestServer({ database, config: { logLevel: 'silent' } });
  for (let number = 0; number < tenants; number += 1) await server.createTenant({ slug: `tenant-${number}` });
  await server.close();
}

export async function openTaker(database: TestDatabase): Promise<ReportTaker> {
  const server = await startTestServer({ database, config: { logLevel: 'silent' } });
  const { ctx } = server;
  const owners = await listTenants(ctx.store, null, tenants);
  return {
    async take(count, inFlight) {
      const reports = Array.from({ length: count }, (_, index) => {
        const tenant = owners[index % owners.length] as Tenant;
        return { tenant, event: reportAt(testTime - 3_600_000 + index, tenant.assistantId) };
      });
      const queue = reports.values();
      const one = async () => {
        for (const { tenant, event } of queue) await ingestReport(ctx, tenant, event);
      };
      await Promise.all(Array.from({ length: inFlight }, one));
    },
    close: () => server.close(),
  };
}

/** A call of a minute with a cost in several parts. */
function reportAt(createdAt: number, assistantId: string | null) {
  const at = (ms: number) => new Date(createdAt + ms).toISOString();
  const message = {
    type: 'end-of-call-report',
    timestamp: createdAt + 65_000,
    startedAt: at(0),
    endedAt: at(60_000),
    endedReason: 'customer-ended-call',
    cost: 0.08,
    costs: [
      { type: 'transcriber', cost: 0.01 },
      { type: 'model', cost: 0.003 },
      { type: 'voice', cost: 0.02 },
      { type: 'vapi', cost: 0.047 },
    ],
    call: { id: randomUUID(), type: 'webCall', status: 'queued', createdAt: at(0), assistantId },
  };
  const event = readServerMessage({ message }, createdAt + 65_000, 'https://api.vapi.ai')?.event;
  if (!event) throw new Error('not a report');
  return event;
}

type Order = { config: TestDatabase['config'] } | { count: number; inFlight: number };

if (process.send) {
  let taker: ReportTaker | null = null;
  process.on('message', async (order: Order) => {
    if ('config' in order) {
      taker = await openTaker({ config: order.config, remove: async () => {} });
      process.send?.('ready');
    } else {
      await taker?.take(order.count, order.inFlight);
      process.send?.('done');
    }
  });
  // The parent has ended.
  process.once('disconnect', () => process.exit());
}
