/** A server whose orgs have all been swept, with a Vapi that has many of them. */
import { randomUUID } from 'node:crypto';
import { newTenant } from '../../../server/access/tenants/tenant-changes.ts';
import { findSweep } from '../../../server/store/sweeps.ts';
import { insertTenant, type Tenant } from '../../../server/store/tenants.ts';
import {
  type ManyOrgsCall,
  type ManyOrgsOrg,
  type ManyOrgsVapi,
  startManyOrgsVapi,
} from '../../support/many-orgs-vapi.ts';
import type { Engine } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface SweepStage {
  server: TestServer;
  vapi: ManyOrgsVapi;
  /** An org whose calls have been compared until now and which is due then; its tenant is ten days old. */
  addOrg(dueInMs?: number): Promise<StagedOrg>;
  /** A call at Vapi that no webhook has reported, as old as that. */
  call(org: ManyOrgsOrg, ageMs?: number, cost?: number): ManyOrgsCall;
  /** What the ledger has of the call; undefined when it has nothing. */
  booked(id: string): Promise<number | null | undefined>;
  row(org: ManyOrgsOrg): Promise<NonNullable<Awaited<ReturnType<typeof findSweep>>>>;
  close(): Promise<void>;
}

export type StagedOrg = ManyOrgsOrg & { tenant: Tenant };

export async function startSweepStage(engine: Engine): Promise<SweepStage> {
  const vapi = await startManyOrgsVapi();
  const server = await startTestServer({ engine, vapiBaseUrl: vapi.url }).catch(async (error: unknown) => {
    await vapi.close();
    throw error;
  });
  const { ctx, clock } = server;
  return {
    server,
    vapi,
    async addOrg(dueInMs = 0) {
      const org = vapi.addOrg();
      const { orgId, privateKey, assistantId } = org;
      server.secrets.add('private key', privateKey);
      const slug = `org-${vapi.orgs.length}`;
      const input = { slug, name: slug, orgId, privateKey, assistantId, webhookSecret: randomUUID() };
      const { tenant } = newTenant(ctx, { ...input, hookSecret: undefined } as Parameters<
        typeof newTenant
      >[1]);
      const createdAt = clock.now - 10 * day;
      await insertTenant(ctx.store, { ...tenant, createdAt, updatedAt: createdAt });
      const now = clock.now;
      await ctx.store
        .insertInto('sweeps')
        .values({
          ...{ orgId, sweptTo: now, changedTo: now, listedTo: now, hoursAt: now, hoursSeen: '{}' },
          ...{ unassignedCalls: 0, nextSweepAt: now + dueInMs, claim: null, cadence: 'quiet', failures: 0 },
        })
        .execute();
      return Object.assign(org, { tenant });
    },
    call(org, ageMs = 0, cost = 0.1) {
      const at = clock.now - ageMs;
      const call = { id: randomUUID(), createdAt: at, updatedAt: at, cost };
      org.calls.push(call);
      return call;
    },
    async booked(id) {
      const row = await ctx.store
        .selectFrom('calls')
        .select('costMicros')
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.costMicros;
    },
    async row({ orgId }) {
      const row = await findSweep(ctx.store, orgId);
      if (!row) throw new Error('the org has no row');
      return row;
    },
    async close() {
      vapi.release();
      await server.close();
      await vapi.close();
    },
  };
}
