/**
 * What was said in a call. It stays at Vapi and is fetched on each request; what is deleted there is gone, while the
 * ledger keeps the call's cost.
 */
import express, { Router } from 'express';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { deleteContentSchema, type RecordingState, type TranscriptAnswer } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { noteRead } from '../metering/callers.ts';
import { deleteOnRequest, readContent } from '../metering/content.ts';
import { findCall, listVisitorCalls } from '../store/calls.ts';
import { findTenantByHandle, type Tenant } from '../store/tenants.ts';
import { readLines } from '../vapi/call-content.ts';
import type { VapiCall } from '../vapi/call-record.ts';
import { createRecordingsApi } from '../vapi/recording.ts';
import { readRecordingNotes, whyMissing } from '../vapi/recording-notes.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { actorIn, billedTenant } from './caller.ts';
import { parse } from './parse.ts';
import { untilGone } from './write-out.ts';

export function callContentRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/calls/:id/transcript', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const call = await readContent(ctx, tenant, String(req.params.id));
    await noteRead(ctx, tenant, call.id, 'transcript', actorIn(req, res));
    const recordingState = await stateOf(ctx, tenant, call, untilGone(res));
    res.json({
      lines: readLines(call),
      recording: recordingState === 'ready',
      recordingState,
    } satisfies TranscriptAnswer);
  });

  router.delete('/:slug/calls/:id/content', express.json({ limit: '1kb' }), async (req, res) => {
    const { of } = parse(deleteContentSchema, req.body ?? {});
    const tenant = await findTenantByHandle(ctx.store, String(req.params.slug));
    if (!tenant) throw new ApiError('not_found');
    const row = await findCall(ctx.store, tenant.id, String(req.params.id));
    if (!row) throw new ApiError('not_found');
    const ids = of === 'visitor' ? await listVisitorCalls(ctx.store, tenant.id, row.id) : [row.id];
    const deleted = await deleteOnRequest(ctx, tenant, ids, actorIn(req, res));
    res.json({ deleted, notYet: ids.filter((id) => !deleted.includes(id)) });
  });

  return router;
}

async function stateOf(
  ctx: Context,
  tenant: Tenant,
  call: VapiCall,
  signal: AbortSignal,
): Promise<RecordingState> {
  const notes = readRecordingNotes(call);
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  const api = createRecordingsApi(ctx.config.vapiBaseUrl, key, ctx.now);
  try {
    if (await api.has(notes, 'mono', signal)) return 'ready';
  } catch (error) {
    if (!(error instanceof VapiError)) throw error;
    // The lines are here already, and worth more than an error; the recording is asked for again.
    ctx.log.warn({ err: error, tenant: tenant.slug, call: call.id }, 'Vapi was not asked about a recording');
    return 'not-ready';
  }
  return whyMissing(notes, ctx.now());
}
