/** Runs the rows, one run at a time for each client and for the server, and reports what they found. */
import { randomUUID } from 'node:crypto';
import type { AccessContext } from '../access/access-context.ts';
import { type Actor, recordChange } from '../access/audit.ts';
import { testCallCost } from '../access/start/test-call.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import type { Context } from '../context.ts';
import type { DoctorAnswer, DoctorRequest, DoctorRow } from '../contract.ts';
import { conflict } from '../errors.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { giveLease, proveWritable, takeLease } from '../store/leases.ts';
import type { Tenant } from '../store/tenants.ts';
import { captured } from '../vapi/capture.ts';
import { runChecks } from './check.ts';
import { serverRows } from './server-rows.ts';
import { tenantRows } from './tenant-rows.ts';
import { skippedTestCall, testCallRows } from './test-call.ts';

/** Longer than all rows together can take, so that a process that dies does not block the doctor for long. */
const leaseMs = 8 * 60_000;

/**
 * @throws ApiError `conflict` while another run for this client is in progress
 */
export function examineTenant(
  ctx: MeteringContext,
  tenant: Tenant,
  { testCall, record }: DoctorRequest,
  by: Actor,
): Promise<DoctorAnswer> {
  return oneRun(ctx, `doctor ${tenant.id}`, async () => {
    const change = { action: 'tenant.doctor', tenant: tenant.slug, before: null, after: { testCall } };
    await recordChange(ctx.store, { ...by, ...change }, ctx.now());
    const examine = async () => {
      const rows = await runChecks(ctx, tenantRows(ctx, tenant));
      rows.push(...(testCall ? await testCallRows(ctx, tenant) : skippedTestCall()));
      return { ...answerOf(rows), testCall: testCallCost(tenant) };
    };
    if (!record) return examine();
    const { result, capture } = await captured(examine);
    return { ...result, capture };
  });
}

/**
 * The rows that concern no client. A database that cannot be written is a row like the others: such a run has no lease and
 * no audit entry.
 * @throws ApiError `conflict` while another run is in progress
 */
export async function examineServer(ctx: AccessContext & BillingContext, by: Actor): Promise<DoctorAnswer> {
  const isWritable = await proveWritable(ctx.store, ctx.now()).then(
    () => true,
    () => false,
  );
  if (!isWritable) return answerOf(await runChecks(ctx, serverRows(ctx)));
  return oneRun(ctx, 'doctor', async () => {
    const change = { action: 'server.doctor', tenant: null, before: null, after: null };
    await recordChange(ctx.store, { ...by, ...change }, ctx.now());
    return answerOf(await runChecks(ctx, serverRows(ctx)));
  });
}

const answerOf = (rows: DoctorRow[]): DoctorAnswer => ({
  rows,
  failed: rows.filter(({ outcome }) => outcome === 'fail').length,
});

async function oneRun(ctx: Context, name: string, run: () => Promise<DoctorAnswer>): Promise<DoctorAnswer> {
  const owner = randomUUID();
  if (!(await takeLease(ctx.store, { name, owner, expiresAt: ctx.now() + leaseMs }, ctx.now())))
    throw conflict('This check is running already; wait for it to end.');
  try {
    return await run();
  } finally {
    await giveLease(ctx.store, name, owner);
  }
}
