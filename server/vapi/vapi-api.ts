/** The requests that this server makes to Vapi. */
import { VapiClient } from '@vapi-ai/server-sdk';
import { z } from 'zod';
import { outsideOf, postOutside } from '../base/outside.ts';
import type { PageTool, VariableValues } from '../contract.ts';
import { optionalTime, toMs } from './call-record.ts';
import { noteExchange } from './capture.ts';
import { isControlUrl, ownControlUrl } from './control-url.ts';
import { functionsOf } from './page-tools.ts';
import type { VapiClock } from './vapi-clock.ts';

/** A web call as the browser may see it, and its control URL, which the browser must not see. */
export interface CreatedCall {
  id: string;
  webCallUrl: string;
  /** Epoch milliseconds, if Vapi reports it. */
  createdAt: number | null;
  /** For the room of a call that is not open to all. */
  roomToken: string | null;
  controlUrl: string | null;
}

export interface NewWebCall {
  /** Of an assistant or a squad. */
  assistantId: string;
  isSquad: boolean;
  /** Whether the call continues without its visitor, who may come back, until something ends it. */
  outlivesVisit: boolean;
  assistantOverrides: {
    maxDurationSeconds: number;
    metadata: Record<string, string>;
    variableValues: VariableValues;
  };
  /** Functions of the page, beside the assistant's own tools. */
  pageTools?: readonly PageTool[];
}

/** Vapi refused, or did not answer. The message may quote Vapi and is for the log only. */
export class VapiError extends Error {
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** Seconds, if Vapi said when to try again. */
  readonly retryAfter: number | null;
  /** Whether the request certainly had no effect. If not, a call or a chat may have been made, and may cost. */
  readonly refused: boolean;
  constructor(
    message: string,
    status: number | null = null,
    retryAfter: number | null = null,
    refused = isRefusal(status),
  ) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.refused = refused;
  }
}

/**
 * Vapi answers 4xx, including 429, before it does anything. But a 408 may follow work that took too long, and a 409 may
 * mean that the thing already exists.
 */
function isRefusal(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** @param cause what `fetch` threw; a request that was never sent counts as refused */
export function noAnswer(cause: unknown): VapiError {
  return new VapiError(`no answer from Vapi: ${String(cause)}`, null, null, neverConnected(cause));
}

function neverConnected(cause: unknown): boolean {
  const inner = (cause as Error).cause;
  const errors = inner instanceof AggregateError ? inner.errors : [inner];
  return errors.every(
    (error?: { syscall?: string; code?: string }) =>
      error?.syscall === 'connect' ||
      error?.syscall === 'getaddrinfo' ||
      error?.code === 'UND_ERR_CONNECT_TIMEOUT',
  );
}

const createdCallSchema = z.object({
  id: z.uuid(),
  webCallUrl: z.url(),
  createdAt: optionalTime,
  transport: z.looseObject({ callToken: z.string().nullish() }).nullish(),
  monitor: z.looseObject({ controlUrl: z.url().nullish() }).nullish(),
});

const timeoutSeconds = 10;

/**
 * Creates a web call. The server SDK has no method for it, so its `fetch` is used, which adds the key and base URL; no
 * retries, since a second request could start a second call.
 * @param key a `public`-tag key: Vapi refuses the private one here (vapi-facts 2.2)
 * @param look receives the answer's head, good or bad
 * @param origin the request claims to come from this page
 * @throws VapiError
 */
export async function createWebCall(
  baseUrl: string,
  key: string,
  { assistantId, isSquad, assistantOverrides: values, outlivesVisit, pageTools = [] }: NewWebCall,
  look: VapiClock['look'],
  origin?: string,
): Promise<CreatedCall> {
  const client = new VapiClient({ token: key, baseUrl, maxRetries: 0 });
  const tools = pageTools.length > 0 && { 'tools:append': functionsOf(pageTools) };
  const assistantOverrides = { ...values, ...tools };
  const call = isSquad
    ? { squadId: assistantId, squadOverrides: assistantOverrides }
    : { assistantId, assistantOverrides };
  const post = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(origin ? { Origin: origin } : {}) },
    body: JSON.stringify(outlivesVisit ? { ...call, roomDeleteOnUserLeaveEnabled: false } : call),
  };
  let response: Response;
  try {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    response = await client.fetch('/call/web', { ...post, signal });
  } catch (cause) {
    throw noAnswer(cause);
  }
  look(response.headers);
  await noteExchange(`${baseUrl}/call/web`, post, response);
  const body = await response.text().catch(() => '');
  if (!response.ok) {
    const retryAfter = Number(response.headers.get('retry-after')) || null;
    throw new VapiError(
      `Vapi answered ${response.status}: ${body.slice(0, 300)}`,
      response.status,
      retryAfter,
    );
  }
  const parsed = createdCallSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    throw new VapiError('Vapi answered with something that is not a web call', response.status);
  }
  return {
    id: parsed.data.id,
    webCallUrl: parsed.data.webCallUrl,
    createdAt: toMs(parsed.data.createdAt),
    roomToken: parsed.data.transport?.callToken ?? null,
    controlUrl: ownControlUrl(parsed.data.monitor?.controlUrl, baseUrl),
  };
}

/**
 * Ends a call by its control URL (docs.vapi.ai/calls/call-features). A call that has already ended is not an error.
 * @throws VapiError also when that URL is not Vapi's
 */
export async function endCall(baseUrl: string, controlUrl: string): Promise<void> {
  if (!isControlUrl(controlUrl, baseUrl)) throw new VapiError('the control URL is not Vapi’s');
  let response: Response;
  try {
    const post = {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'end-call' }),
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    };
    // The operator's own setting may name any address; a name below vapi.ai comes from a message.
    const atBase = new URL(controlUrl).origin === new URL(baseUrl).origin;
    response = atBase
      ? await fetch(controlUrl, { ...post, method: 'POST', redirect: 'error' })
      : await postOutside(controlUrl, outsideOf({ vapiBaseUrl: baseUrl }), post);
    await noteExchange(controlUrl, { ...post, method: 'POST' }, response, 'controlUrl');
    await response.body?.cancel();
  } catch (cause) {
    throw new VapiError(`no answer from the control URL: ${String(cause)}`);
  }
  if (!response.ok && response.status !== 404 && response.status !== 410) {
    throw new VapiError(`the control URL answered ${response.status}`, response.status);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
