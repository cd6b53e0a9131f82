/**
 * What was said in a call. It stays at Vapi and is fetched on each request; what is deleted there is gone, while the
 * ledger keeps the call's cost.
 */
import { pipeline } from 'node:stream/promises';
import express, { type Request, type Response, Router } from 'express';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { getOutside, outsideOf } from '../base/outside.ts';
import type { Context } from '../context.ts';
import { deleteContentSchema, type TranscriptAnswer } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { deleteOnRequest } from '../metering/content.ts';
import { findCall, listVisitorCalls } from '../store/calls.ts';
import { findTenantByHandle } from '../store/tenants.ts';
import { type CallContent, readContent } from '../vapi/call-content.ts';
import { createCallsApi } from '../vapi/calls-api.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { actorIn, billedTenant, operatorOnly } from './caller.ts';
import { parse } from './parse.ts';

const recordingTimeoutMs = 60_000;

export function callContentRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/calls/:id/transcript', async (req, res) => {
    const { lines, recordingUrl } = await contentOf(ctx, req, res);
    res.json({ lines, recording: recordingUrl !== null } satisfies TranscriptAnswer);
  });

  router.get('/:slug/calls/:id/recording', async (req, res) => {
    const { recordingUrl } = await contentOf(ctx, req, res);
    if (!recordingUrl) throw new ApiError('not_found');
    // The organization may be the client's own, and so may the recording URL of its calls.
    const audio = await getOutside(
      recordingUrl,
      outsideOf(ctx.config),
      AbortSignal.timeout(recordingTimeoutMs),
    ).catch((cause: unknown) => {
      throw new ApiError('vapi_unavailable', { retryAfter: 5, cause });
    });
    if (audio.statusCode !== 200) {
      audio.destroy();
      throw new ApiError('vapi_unavailable', { retryAfter: 5 });
    }
    const type = audio.headers['content-type'] ?? '';
    // Regardless of the type that the storage reports, a browser must only play it.
    res.set('Content-Type', /^(audio|video)\/[\w.+-]+/.exec(type)?.[0] ?? 'application/octet-stream');
    res.set('Content-Disposition', `inline; filename="${String(req.params.id)}"`);
    await pipeline(audio, res);
  });

  router.delete(
    '/:slug/calls/:id/content',
    operatorOnly,
    express.json({ limit: '1kb' }),
    async (req, res) => {
      const { of } = parse(deleteContentSchema, req.body ?? {});
      const tenant = await findTenantByHandle(ctx.store, String(req.params.slug));
      if (!tenant) throw new ApiError('not_found');
      const row = await findCall(ctx.store, tenant.id, String(req.params.id));
      if (!row) throw new ApiError('not_found');
      const ids = of === 'visitor' ? await listVisitorCalls(ctx.store, tenant.id, row.id) : [row.id];
      const deleted = await deleteOnRequest(ctx, tenant, ids, actorIn(req, res));
      res.json({ deleted, notYet: ids.filter((id) => !deleted.includes(id)) });
    },
  );

  return router;
}

/** @throws ApiError `not_found` when the tenant has no such call, or its content was deleted */
async function contentOf(ctx: Context, req: Request, res: Response): Promise<CallContent> {
  const tenant = await billedTenant(ctx, req, res);
  const row = await findCall(ctx.store, tenant.id, String(req.params.id));
  if (!row || row.contentDeletedAt !== null) throw new ApiError('not_found');
  const api = createCallsApi(ctx.config.vapiBaseUrl, openTenantSecret(ctx.box, tenant, 'privateKey'));
  const call = await api.get(row.id).catch((cause: unknown) => {
    throw vapiFailure(cause);
  });
  if (!call) throw new ApiError('not_found');
  return readContent(call);
}
