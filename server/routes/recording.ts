/** The recording of a call, passed through from where Vapi keeps it: nothing of it, and no address of it, stays here. */
import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { type RecordingChannels, recordingQuerySchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { noteRead } from '../metering/callers.ts';
import { readContent } from '../metering/content.ts';
import { createRecordingsApi, type Recording } from '../vapi/recording.ts';
import { readRecordingNotes, whyMissing } from '../vapi/recording-notes.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { actorIn, billedTenant, callerIn } from './caller.ts';
import { parse } from './parse.ts';
import { untilGone } from './write-out.ts';

/** More than the longest call that Vapi allows has, in stereo and uncompressed. */
const mostBytes = 4 * 1024 ** 3;
/** Without a byte, whichever side keeps the other waiting. A player that has stopped reading asks again, from there. */
const idleMs = 120_000;
/** Seconds after which what is not ready may be. */
const readyAfter = 20;

/** At one time, of one client. A browser has six; each holds two connections for as long as its reader likes. */
const mostAtOnce = 20;

/** @param limits the most bytes of one answer, the most milliseconds without any of them, the most answers at one time */
export function recordingRoutes(ctx: Context, limits = { mostBytes, idleMs, mostAtOnce }): Router {
  const router = Router();
  const playing = new Map<string, number>();
  router.get('/:slug/calls/:id/recording', async (req, res) => {
    const { channels, download } = parse(recordingQuerySchema, req.query);
    // Gone while its key was looked up: its place would never be given back.
    if (res.destroyed) return;
    takePlace(playing, res, limits.mostAtOnce);
    const gone = untilGone(res);
    const stop = new AbortController();
    const signal = AbortSignal.any([gone, stop.signal]);
    const { id, recording } = await find(ctx, req, res, channels, signal);
    if (gone.aborted) {
      recording.body.destroy();
      return;
    }
    setHead(res, recording);
    const name = nameOf(id, channels, recording.type);
    res.set('Content-Disposition', `${download ? 'attachment' : 'inline'}; filename="${name}"`);
    if (req.method === 'HEAD' || recording.status === 416) {
      recording.body.destroy();
      res.end();
      return;
    }
    const idle = setTimeout(() => stop.abort(), limits.idleMs);
    try {
      await pipeline(recording.body, (source) => bounded(source, limits.mostBytes, idle), res, { signal });
    } catch (error) {
      // The head has been sent, so that all that is left is to break off; a caller who left is no failure.
      const { code, message } = error as { code?: string; message: string };
      if (!gone.aborted) ctx.log.warn({ call: id, reason: code ?? message }, 'a recording broke off');
      res.destroy();
    } finally {
      clearTimeout(idle);
    }
  });
  return router;
}

/**
 * Counts the answer until it ends; the operator's are not counted.
 * @throws ApiError `rate_limited`
 */
function takePlace(playing: Map<string, number>, res: Response, most: number): void {
  const { tenantId } = callerIn(res);
  if (tenantId === null) return;
  const count = () => playing.get(tenantId) ?? 0;
  if (count() >= most)
    throw new ApiError('rate_limited', { detail: 'Too many recordings are played at once.', retryAfter: 5 });
  playing.set(tenantId, count() + 1);
  res.once('close', () => {
    if (count() > 1) playing.set(tenantId, count() - 1);
    else playing.delete(tenantId);
  });
}

/** @throws ApiError `not_found` without a `detail` also for another tenant's call; `not_ready`; `vapi_unavailable` */
async function find(
  ctx: Context,
  req: Request,
  res: Response,
  channels: RecordingChannels,
  signal: AbortSignal,
): Promise<{ id: string; recording: Recording }> {
  const tenant = await billedTenant(ctx, req, res);
  const call = await readContent(ctx, tenant, String(req.params.id));
  const notes = readRecordingNotes(call);
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  const api = createRecordingsApi(ctx.config.vapiBaseUrl, key, ctx.now);
  const range = rangeIn(req.headers.range);
  const recording = await api.open(notes, { channels, range, signal }).catch((cause: unknown) => {
    throw vapiFailure(cause);
  });
  if (recording) {
    // Nothing is heard that is not recorded as heard; what a player asks for in pieces is one reading.
    if (req.method !== 'HEAD')
      await noteRead(ctx, tenant, call.id, 'recording', actorIn(req, res)).catch((error: unknown) => {
        recording.body.destroy();
        throw error;
      });
    return { id: call.id, recording };
  }
  if (whyMissing(notes, ctx.now()) === 'none')
    throw new ApiError('not_found', { detail: 'This call has no recording.' });
  const detail =
    notes.endedAt === null
      ? 'The call is still in progress; its recording comes after the end.'
      : 'The recording is not ready yet: the voice service is still storing it.';
  throw new ApiError('not_ready', { detail, retryAfter: readyAfter });
}

/** One range of bytes; what a server does not understand it may ignore, and the whole is a right answer. */
function rangeIn(header: string | undefined): string | null {
  return /^bytes=(\d{1,15}-\d{0,15}|-\d{1,15})$/.exec(header ?? '')?.[0] ?? null;
}

function setHead(res: Response, { status, type, length, contentRange }: Recording): void {
  res.status(status).set({ 'Accept-Ranges': 'bytes' });
  if (contentRange !== null) res.set('Content-Range', contentRange);
  if (status === 416) return;
  res.set('Content-Type', type);
  if (length !== null) res.set('Content-Length', length);
}

const endings: Record<string, string> = { 'audio/wav': '.wav', 'audio/x-wav': '.wav', 'audio/mpeg': '.mp3' };

function nameOf(id: string, channels: RecordingChannels, type: string): string {
  return `${id}${channels === 'stereo' ? '-stereo' : ''}${endings[type] ?? ''}`;
}

async function* bounded(
  source: AsyncIterable<Buffer>,
  most: number,
  idle: NodeJS.Timeout,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    idle.refresh();
    bytes += chunk.length;
    if (bytes > most) throw new Error('the recording is longer than any call');
    yield chunk;
  }
}
