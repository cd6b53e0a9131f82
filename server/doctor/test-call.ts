/** A real call: whether one can be made and ended, whether Vapi reports it here, and whether its cost is booked correctly. */
import { setTimeout as pause } from 'node:timers/promises';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { endLiveCall } from '../access/start/end-call.ts';
import { startTestCall, testCallSeconds } from '../access/start/test-call.ts';
import { apisOf } from '../access/tenants/orgs.ts';
import { microsToDecimal } from '../base/money.ts';
import type { Context } from '../context.ts';
import type { DoctorRow } from '../contract.ts';
import { askAboutCall } from '../metering/ask-call.ts';
import { type CallRow, findCall } from '../store/calls.ts';
import type { Tenant } from '../store/tenants.ts';
import { readCallRecord, type VapiCall } from '../vapi/call-record.ts';
import { createRecordingsApi } from '../vapi/recording.ts';
import { readRecordingNotes, whyMissing } from '../vapi/recording-notes.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { type Check, type Finding, fail, failureOf, pass, runChecks, skipped, warn } from './check.ts';

/** A report usually follows the end within 15 s. */
const reportWithinMs = 30_000;
const stepLimitMs = 60_000;

const titles = {
  origins: 'Origins at Vapi',
  'web-call': 'Web call',
  'end-call': 'Ending a call',
  webhook: 'Webhook',
  cost: 'Cost',
  recording: 'Recording',
};
type Step = keyof typeof titles;
const steps = Object.keys(titles) as Step[];

export function skippedTestCall(why = 'Only a test call shows it.'): DoctorRow[] {
  return steps.map((id) => ({ id, title: titles[id], ...skipped(why) }));
}

/** One after the other; what depends on a step that failed is skipped. */
export async function testCallRows(ctx: Context, tenant: Tenant): Promise<DoctorRow[]> {
  const rows: DoctorRow[] = [];
  const step = async (id: Step, run: Check['run']) => {
    rows.push(...(await runChecks(ctx, [{ id, title: titles[id], run }], stepLimitMs)));
  };
  await step('origins', () => originsFinding(ctx, tenant));
  const made: { callId?: string } = {};
  await step('web-call', async () => {
    made.callId = (await startTestCall(ctx, tenant, null)).id;
    return pass(`Vapi made the call ${made.callId} for a key that this server signed.`);
  });
  const { callId } = made;
  if (callId === undefined) {
    const rest = skippedTestCall('There is no call to look at.');
    return [...rows, ...rest.filter(({ id }) => !rows.some((row) => row.id === id))];
  }
  await step('end-call', async () => {
    const isOver = (row: CallRow) => row.status === 'ended';
    await waitForRow(ctx, tenant, callId, testCallSeconds * 1000, isOver);
    return endFinding(ctx, tenant, callId);
  });
  await step('webhook', () => webhookFinding(ctx, tenant, callId, ctx.now()));
  await step('cost', async () => costFinding(ctx, tenant, callId));
  await step('recording', async () => recordingFinding(ctx, tenant, await callAtVapi(ctx, tenant, callId)));
  return rows;
}

/** A key that only pages of this server may use, used by another page: Vapi must refuse it. */
export async function originsFinding(ctx: Context, tenant: Tenant): Promise<Finding> {
  const page = { allowed: new URL(ctx.config.publicUrl).origin, asking: 'https://foreign.invalid' };
  try {
    const { id } = await startTestCall(ctx, tenant, page);
    const ended = await endLiveCall(ctx, tenant.id, id).then(
      () => 'It was ended at once.',
      () => 'It could not be ended; Vapi ends it within half a minute.',
    );
    return fail(
      `Vapi started a call for a page that its key does not allow. ${ended}`,
      'Use the access mode proxy, in which this server checks the page and no browser gets a key.',
    );
  } catch (error) {
    if (error instanceof VapiError && error.status === 403)
      return pass('Vapi refuses a page that a key does not allow (status 403).');
    if (error instanceof VapiError && error.status === 401)
      return warn(
        'Vapi refused the request with 401, which can also mean that it does not accept the key at all.',
        'See the row “Web call”: when that passes, it was the page.',
      );
    return failureOf(ctx, 'origins', error);
  }
}

/** By its control URL, which is how a pause ends calls in progress. */
export async function endFinding(ctx: Context, tenant: Tenant, callId: string): Promise<Finding> {
  const row = await findCall(ctx.store, tenant.id, callId);
  if (row?.status === 'ended') return skipped('Vapi had ended the call already, since no one had joined it.');
  try {
    await endLiveCall(ctx, tenant.id, callId);
    return pass('Vapi accepted the request to end it.');
  } catch {
    return fail(
      'Vapi did not accept the request to end it; the call reaches its time limit within half a minute.',
      'Until this passes, pausing a client does not end its calls in progress. Check that this server may connect to *.vapi.ai.',
    );
  }
}

/** @param sinceMs when the call was ended, in epoch milliseconds */
export async function webhookFinding(
  ctx: Context,
  tenant: Tenant,
  callId: string,
  sinceMs: number,
): Promise<Finding> {
  const isReported = (row: CallRow) => row.status === 'ended' && row.timesSource === 'webhook';
  const row = await waitForRow(ctx, tenant, callId, reportWithinMs, isReported);
  if (row) return pass(`Vapi’s report arrived ${Math.round((ctx.now() - sinceMs) / 1000)} s after the end.`);
  return fail(
    `Vapi’s report did not arrive within ${reportWithinMs / 1000} s. The call is booked anyway, by asking Vapi.`,
    'See the rows “Call reports” and “Public address”; a firewall or proxy may refuse requests from outside.',
  );
}

/** Compares what is booked with what Vapi says now; a difference is booked as every poll does it. */
export async function costFinding(ctx: Context, tenant: Tenant, callId: string): Promise<Finding> {
  const booked = (await findCall(ctx.store, tenant.id, callId))?.costMicros ?? null;
  const call = await callAtVapi(ctx, tenant, callId);
  const said = call ? (readCallRecord(call, ctx.now()).cost?.totalMicros ?? null) : null;
  if (said === null) {
    const wait = 'Run the check again later; until then this server keeps asking Vapi for it.';
    return call
      ? warn('Vapi does not show a cost for the call yet.', wait)
      : fail('Vapi does not know the call.', 'See the row “Organization”.');
  }
  if (booked === said) return pass(`${dollars(said)} is booked, as at Vapi.`);
  await askAboutCall(ctx, tenant, { id: callId, createdAt: ctx.now() });
  const now = (await findCall(ctx.store, tenant.id, callId))?.costMicros ?? null;
  const text = `Vapi says ${dollars(said)}; booked was ${booked === null ? 'nothing yet' : dollars(booked)}`;
  return now === said
    ? warn(`${text}. It is booked now.`, 'Nothing: a cost that changes after the report is always found.')
    : fail(`${text}, and it could not be corrected.`, 'The server’s log has the reason.');
}

const dollars = (micros: number) => `${microsToDecimal(micros, 'usd')} USD`;

/** @param call null when Vapi does not know it */
export async function recordingFinding(
  ctx: Context,
  tenant: Tenant,
  call: VapiCall | null,
): Promise<Finding> {
  const none = skipped('Vapi has no recording of the call: recording is off, or no one joined.');
  if (!call) return none;
  const notes = readRecordingNotes(call);
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  const api = createRecordingsApi(ctx.config.vapiBaseUrl, key, ctx.now);
  try {
    // A player also begins with a range.
    const wish = { channels: 'mono', range: 'bytes=0-1023', signal: AbortSignal.timeout(10_000) } as const;
    const recording = await api.open(notes, wish);
    if (!recording)
      return whyMissing(notes, ctx.now()) === 'none'
        ? none
        : skipped('Vapi may still be storing the recording of the call.');
    recording.body.destroy();
    return pass('The recording of the call can be fetched.');
  } catch (error) {
    if (!(error instanceof VapiError)) throw error;
    return fail(
      `Vapi has a recording, but it cannot be fetched${error.status === null ? '' : ` (status ${error.status})`}.`,
      'Listen in Vapi’s dashboard meanwhile; if your own storage is set there, check that it can be read.',
    );
  }
}

async function callAtVapi(ctx: Context, tenant: Tenant, callId: string): Promise<VapiCall | null> {
  const [api] = apisOf(ctx, { orgId: tenant.orgId, tenants: [tenant] });
  return (await api?.get(callId)) ?? null;
}

const lookEveryMs = 100;

/** Polls the ledger until the row fits; null when the time is over by `ctx.now()`. */
async function waitForRow(
  ctx: Context,
  tenant: Tenant,
  callId: string,
  withinMs: number,
  fits: (row: CallRow) => boolean,
): Promise<CallRow | null> {
  const until = ctx.now() + withinMs;
  for (;;) {
    const row = await findCall(ctx.store, tenant.id, callId);
    if (row && fits(row)) return row;
    if (ctx.now() >= until) return null;
    await pause(lookEveryMs);
  }
}
