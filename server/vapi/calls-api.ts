/** Reading an org's calls from Vapi with its private key (docs.vapi.ai/api-reference/calls/list). */
import { setTimeout as pause } from 'node:timers/promises';
import { VapiClient } from '@vapi-ai/server-sdk';
import { z } from 'zod';
import { iso } from '../base/iso.ts';
import { type CallSum, mostPeriods, readSums, sumsQuery } from './analytics.ts';
import { callSchema, costFields, optionalText, type VapiCall } from './call-record.ts';
import { VapiError } from './vapi-api.ts';
import { fetchWithLook, type VapiClock } from './vapi-clock.ts';

const timeoutMs = 20_000;
/** Vapi's limit for one page (vapi-facts 4.3). */
const pageSize = 1000;

export interface CallsApi {
  /**
   * @returns null when Vapi does not know the call, or no longer does
   * @throws VapiError
   */
  get(id: string): Promise<VapiCall | null>;
  /**
   * The sums of the org's calls created in each half-open period, in one request for at most 31 periods.
   * @returns null when Vapi gives none, for any reason: the lists have the same figures
   */
  sum(periods: { from: number; to: number }[]): Promise<CallSum[][] | null>;
  /**
   * All calls of the org created (or changed) in the half-open period, newest first, a page at a time.
   * @throws VapiError
   */
  list(by: 'createdAt' | 'updatedAt', fromMs: number, toMs: number): AsyncGenerator<VapiCall[]>;
  /**
   * All text chats of the org created in the half-open period, newest first, a page at a time.
   * @throws VapiError
   */
  listChats(fromMs: number, toMs: number): AsyncGenerator<ListedChat[]>;
  /**
   * Deletes the transcript, recording and other content of a call, or of a text chat, at Vapi; we keep what it
   * cost. What Vapi no longer knows counts as deleted.
   * @throws VapiError
   */
  deleteContent(id: string, kind: 'call' | 'chat'): Promise<void>;
  /** How many requests have been sent. */
  requests: () => number;
}

const chatSchema = z.looseObject({ id: z.uuid(), name: optionalText, ...costFields });
export type ListedChat = z.infer<typeof chatSchema>;

export interface Patience {
  /** False if the caller has its own way to try again: an answer that is late or says "later" fails at once. */
  retries?: boolean;
  /** Ends every request. */
  stopped?: AbortSignal | undefined;
}

/**
 * Retries 429 (after `Retry-After`), 408, 5xx and broken connections, unless `patience` says otherwise; all of these
 * requests may be sent twice.
 */
export function createCallsApi(
  baseUrl: string,
  privateKey: string,
  look?: VapiClock['look'],
  { retries = true, stopped }: Patience = {},
): CallsApi {
  const client = new VapiClient({
    token: privateKey,
    baseUrl,
    maxRetries: retries ? 3 : 0,
    // The SDK's own time limit keeps running when a connection fails (2.0.1), and keeps the process alive.
    fetch: fetchWithLook(look, timeoutMs, stopped),
  });
  let sent = 0;
  let failure = '';
  /** Vapi has refused sums: they are not requested again. */
  let sumsRefused = false;
  const request = async (path: string, init: RequestInit = {}) => {
    sent += 1;
    // A kept connection may have been closed by the other side meanwhile; the SDK retries answers, not broken connections.
    for (const pauseMs of [0, 200, 1000]) {
      await pause(pauseMs);
      // A relative path would have its query's "?" escaped by the SDK (2.0.1).
      const response = await client.fetch(`${baseUrl}${path}`, init).catch((cause: unknown) => String(cause));
      if (typeof response !== 'string') return response;
      failure = response;
      if (stopped?.aborted || (!retries && failure.startsWith('AbortError'))) break;
    }
    throw new VapiError(`no answer from Vapi: ${failure}`);
  };
  const read = async (response: Response): Promise<unknown> => {
    const text = await response.text().catch((cause: unknown) => {
      throw new VapiError(`Vapi's answer broke off: ${String(cause)}`);
    });
    if (!response.ok) {
      const retryAfter = Number(response.headers.get('retry-after')) || null;
      const said = `Vapi answered ${response.status}: ${text.slice(0, 300)}`;
      throw new VapiError(said, response.status, retryAfter);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new VapiError('Vapi answered with something that is not JSON', response.status);
    }
  };
  return {
    async get(id) {
      const response = await request(`/call/${encodeURIComponent(id)}`);
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      const parsed = callSchema.safeParse(await read(response));
      if (!parsed.success)
        throw new VapiError('Vapi answered with something that is not a call', response.status);
      return parsed.data;
    },
    async sum(periods) {
      const sums: CallSum[][] = [];
      for (let start = 0; start < periods.length && !sumsRefused; start += mostPeriods) {
        const asked = periods.slice(start, start + mostPeriods);
        const headers = { 'Content-Type': 'application/json' };
        const init = { method: 'POST', headers, body: JSON.stringify(sumsQuery(asked)) };
        sent += 1;
        // Tried only once: the lists have the same figures, and are retried while Vapi is busy.
        const response = await client
          .fetch(`${baseUrl}/analytics`, init, { maxRetries: 0 })
          .catch(() => null);
        const body: unknown = await response?.json().catch(() => null);
        const answered = response?.ok ? readSums(body, asked.length) : null;
        if (answered) sums.push(...answered);
        else sumsRefused = true;
      }
      return sumsRefused ? null : sums;
    },
    async *list(by, fromMs, toMs) {
      const seen = new Set<string>();
      // Pages follow each other by creation time, inclusive, since several calls can share one; `seen` drops repeats.
      let createdAtLe: string | null = null;
      for (;;) {
        const query = new URLSearchParams({
          limit: String(pageSize),
          [`${by}Ge`]: iso(fromMs),
          [`${by}Lt`]: iso(toMs),
          ...(createdAtLe ? { createdAtLe } : {}),
        });
        const entries = readList(await read(await request(`/call?${query}`)));
        const page = entries.flatMap(readCall);
        const fresh = page.filter(({ id }) => !seen.has(id));
        for (const { id } of fresh) seen.add(id);
        if (fresh.length > 0) yield fresh;
        if (entries.length < pageSize) return;
        const oldest = page.at(-1)?.createdAt ?? null;
        if (fresh.length === 0 || oldest === null)
          throw new VapiError('more calls at one instant than a page holds');
        createdAtLe = oldest;
      }
    },
    async *listChats(fromMs, toMs) {
      const seen = new Set<string>();
      // Until a page has nothing new: Vapi does not say how many chats a page may contain.
      for (let page = 1; ; page += 1) {
        const query = new URLSearchParams({
          page: String(page),
          limit: String(pageSize),
          createdAtGe: iso(fromMs),
          createdAtLt: iso(toMs),
        });
        const chats = readPage(await read(await request(`/chat?${query}`))).flatMap(readChat);
        const fresh = chats.filter(({ id }) => !seen.has(id));
        if (fresh.length === 0) return;
        for (const { id } of fresh) seen.add(id);
        yield fresh;
      }
    },
    async deleteContent(id, kind) {
      const response = await request(`/${kind}/${encodeURIComponent(id)}`, { method: 'DELETE' });
      if (response.status !== 404) await read(response);
    },
    requests: () => sent,
  };
}

function readList(body: unknown): unknown[] {
  const list = z.array(z.unknown()).safeParse(body);
  if (!list.success) throw new VapiError('Vapi answered with something that is not a list of calls');
  return list.data;
}

/** A call that cannot be read does not hide the others. */
function readCall(entry: unknown): VapiCall[] {
  const parsed = callSchema.safeParse(entry);
  return parsed.success ? [parsed.data] : [];
}

/** `{results, metadata}`, whereas calls are a bare list. */
function readPage(body: unknown): unknown[] {
  const page = z.looseObject({ results: z.array(z.unknown()) }).safeParse(body);
  if (!page.success) throw new VapiError('Vapi answered with something that is not a page of chats');
  return page.data.results;
}

function readChat(entry: unknown): ListedChat[] {
  const parsed = chatSchema.safeParse(entry);
  return parsed.success ? [parsed.data] : [];
}
