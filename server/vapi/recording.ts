/**
 * Fetching a recording (vapi-facts 13.1). It is in a private bucket on another host: Vapi redirects the holder of the
 * private key to an address there that is signed for a short time. That one redirect is followed, without the key, and
 * to the public internet only: the organization may be the client's own, and so may what its calls name.
 */
import { Readable } from 'node:stream';
import { getOutside, type Outside, outsideOf } from '../base/outside.ts';
import type { RecordingChannels } from '../contract.ts';
import { freshAddress, type RecordingNotes } from './recording-notes.ts';
import { VapiError } from './vapi-api.ts';

export interface RecordingsApi {
  /**
   * Whether Vapi has it now.
   * @throws VapiError
   */
  has(notes: RecordingNotes, channels: RecordingChannels, signal: AbortSignal): Promise<boolean>;
  /**
   * @returns null when Vapi does not have it
   * @throws VapiError; its message never contains an address, whose signature is a key
   */
  open(notes: RecordingNotes, wish: RecordingWish): Promise<Recording | null>;
}

export interface RecordingWish {
  channels: RecordingChannels;
  /** A `Range` header of one range of bytes; null = the whole. */
  range: string | null;
  /** Aborts the request, and reading the body too. */
  signal: AbortSignal;
}

/** Everything of the head that may be passed on. */
export interface Recording {
  status: 200 | 206 | 416;
  /** `audio/wav`; `application/octet-stream` for what is not declared as audio. */
  type: string;
  /** Bytes of the body, if the storage reports it. */
  length: string | null;
  contentRange: string | null;
  /** Must be read or destroyed. */
  body: Readable;
}

/** Until the head of an answer. */
const answerWithinMs = 20_000;

export function createRecordingsApi(baseUrl: string, privateKey: string, now: () => number): RecordingsApi {
  const outside = outsideOf({ vapiBaseUrl: baseUrl });

  /** @returns null for 404 */
  const ask = async (
    callId: string,
    channels: RecordingChannels,
    range: string | null,
    signal: AbortSignal,
  ) => {
    const url = `${baseUrl}/call/${encodeURIComponent(callId)}/${channels}-recording`;
    const headers = { authorization: `Bearer ${privateKey}`, ...headersFor(range) };
    const answer = await headWithin(signal, (stop) =>
      fetch(url, { headers, redirect: 'manual', signal: stop }),
    ).catch((cause: unknown) => {
      throw new VapiError(`no answer from Vapi: ${reasonOf(cause)}`);
    });
    if (answer.status >= 400 && answer.status !== 416) await answer.body?.cancel();
    if (answer.status === 404) return null;
    if (answer.status >= 400 && answer.status !== 416)
      throw new VapiError(`Vapi answered ${answer.status} to a recording`, answer.status);
    return answer;
  };

  return {
    async has(notes, channels, signal) {
      if (freshAddress(notes, channels, now()) !== null) return true;
      const answer = await ask(notes.callId, channels, null, signal);
      await answer?.body?.cancel();
      return answer !== null;
    },
    async open(notes, { channels, range, signal }) {
      const fresh = freshAddress(notes, channels, now());
      if (fresh !== null) {
        // By the storage's own clock it may have expired, and the endpoint can give another.
        const found = await download(fresh, outside, range, signal).catch(() => null);
        if (found) return found;
      }
      const answer = await ask(notes.callId, channels, range, signal);
      if (answer === null) return null;
      const location = answer.headers.get('location');
      if (location === null) return ownBody(answer, range);
      await answer.body?.cancel();
      const target = URL.parse(location, baseUrl)?.href;
      if (target === undefined)
        throw new VapiError('Vapi redirects a recording to something that is not a URL');
      return download(target, outside, range, signal);
    },
  };
}

/** Bytes are passed on as they are, so none may be compressed on the way. */
const headersFor = (range: string | null): Record<string, string> => ({
  'user-agent': 'vapi-agent',
  'accept-encoding': 'identity',
  ...(range === null ? {} : { range }),
});

/** @returns null when the storage does not have it */
async function download(
  address: string,
  outside: Outside,
  range: string | null,
  signal: AbortSignal,
): Promise<Recording | null> {
  const answer = await headWithin(signal, (stop) =>
    getOutside(address, outside, { headers: headersFor(range), signal: stop }),
  ).catch((cause: unknown) => {
    throw new VapiError(`no answer from the recording's storage: ${reasonOf(cause)}`);
  });
  const { statusCode = 0, headers } = answer;
  const head = { type: typeOf(headers['content-type'], new URL(address).pathname), body: answer };
  const length = headers['content-length'] ?? null;
  const recording = checked(statusCode, range, head, length, headers['content-range'] ?? null);
  if (recording) return recording;
  answer.destroy();
  if (statusCode === 404) return null;
  throw new VapiError(`the recording's storage answered ${statusCode}`, statusCode);
}

/** Vapi may also answer with the sound itself. */
function ownBody(answer: Response, range: string | null): Recording {
  const { status, headers } = answer;
  const body = answer.body
    ? Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
    : Readable.from([]);
  const head = { type: typeOf(headers.get('content-type') ?? undefined, ''), body };
  const recording = checked(status, range, head, headers.get('content-length'), headers.get('content-range'));
  if (recording) return recording;
  body.destroy();
  throw new VapiError(`Vapi answered ${status} to a recording`, status);
}

/** @returns null for an answer that is not the recording, or not the requested part of it */
function checked(
  status: number,
  range: string | null,
  head: Pick<Recording, 'type' | 'body'>,
  length: string | null,
  contentRange: string | null,
): Recording | null {
  const isPart = status === 206 || status === 416;
  if (status !== 200 && !(isPart && range !== null)) return null;
  const ranged = contentRange !== null && /^bytes (\d+-\d+|\*)\/(\d+|\*)$/.test(contentRange);
  if (status === 206 && !ranged) return null;
  const known = length !== null && /^\d{1,15}$/.test(length) ? length : null;
  return { ...head, status, length: known, contentRange: isPart && ranged ? contentRange : null };
}

const typeOfEnding: Record<string, string> = { wav: 'audio/wav', mp3: 'audio/mpeg' };

/** Buckets often do not know the type; whatever they say, a browser must only play it. */
function typeOf(said: string | undefined, path: string): string {
  const [type] = /^(audio|video)\/[\w.+-]+/i.exec(said ?? '') ?? [];
  return type?.toLowerCase() ?? typeOfEnding[/\.(\w+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream';
}

/** Only its message: other fields of a network error may contain the address. */
function reasonOf(cause: unknown): string {
  const {
    code,
    cause: inner,
    message,
  } = cause as { code?: unknown; cause?: { code?: unknown }; message: string };
  return [inner?.code, code].find((found) => typeof found === 'string') ?? message;
}

/** Only the head must come soon; the body may take as long as `signal` allows. */
async function headWithin<Answer>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('it took too long')), answerWithinMs);
  try {
    return await ask(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
