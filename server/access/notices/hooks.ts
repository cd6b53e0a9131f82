/** Requests to an operator's own server, signed as Standard Webhooks (standardwebhooks.com). */
import { createHmac, randomBytes } from 'node:crypto';
import { type Outside, postOutside } from '../../base/outside.ts';

export function newHookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * @param secret `whsec_…`
 * @param nowMs epoch milliseconds; the receiver rejects old requests
 */
export function signHook(secret: string, id: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

export interface HookRequest {
  url: string;
  secret: string;
  /** Stays the same when the request is repeated. */
  id: string;
  body: object;
  timeoutMs: number;
  nowMs: number;
  /** What counts as the public internet, where the URL must resolve. */
  outside: Outside;
}

/** Longest accepted answer. */
const maxAnswerBytes = 64 * 1024;

/**
 * @returns the answer's parsed JSON; undefined when it has none
 * @throws when there is no answer in time, it is not a 2xx, or the URL does not lead outside
 */
export async function postHook(request: HookRequest): Promise<unknown> {
  const body = JSON.stringify(request.body);
  const response = await postOutside(request.url, request.outside, {
    headers: {
      'Content-Type': 'application/json',
      ...signHook(request.secret, request.id, body, request.nowMs),
    },
    body,
    signal: AbortSignal.timeout(request.timeoutMs),
  });
  const text = await readLimited(response);
  if (!response.ok) throw new Error(`the hook answered ${response.status}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error('the hook answered with too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
