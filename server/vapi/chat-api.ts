/**
 * Text conversations at Vapi (`POST /chat`, vapi-facts 6). Plain `fetch`: the server SDK (2.0.1) does not stream. The
 * private key is needed, so this never happens in a browser.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { VariableValues } from '../contract.ts';
import type { CallCost } from '../ledger/call-event.ts';
import { readCost } from './cost.ts';
import { noAnswer, VapiError } from './vapi-api.ts';

export interface NewChat {
  /** Ours, to find it when its answer was lost; Vapi keeps up to 40 characters. */
  name: string;
  input: string;
  /** The chat that this one continues; null at the beginning of a conversation. */
  previousChatId: string | null;
  /** Of an assistant or a squad. */
  assistantId: string;
  isSquad: boolean;
  variableValues: VariableValues;
}

/** Longest wait for the first word, and between words; a model may think for a while. */
const wordTimeoutMs = 30_000;
const answerTimeoutMs = 120_000;

const eventSchema = z.looseObject({
  id: z.uuid().optional(),
  path: z.string().optional(),
  delta: z.string().optional(),
});
const chatSchema = z.looseObject({
  cost: z.number().nullish(),
  costs: z.array(z.looseObject({ type: z.string().optional(), cost: z.number().nullish() })).nullish(),
});

/** The id of the chat comes first, before any of its words: from then on it costs. */
export type ChatPiece = { id: string } | { delta: string };

/**
 * Sends one message and passes the answer on as it is written. An answer that breaks off ends like a complete one: what
 * was written is paid for either way.
 * @throws VapiError when Vapi named no chat
 */
export async function* streamChat(
  baseUrl: string,
  privateKey: string,
  { name, input, previousChatId, assistantId, isSquad, variableValues }: NewChat,
): AsyncGenerator<ChatPiece> {
  const context = previousChatId
    ? { previousChatId }
    : {
        ...(isSquad ? { squadId: assistantId } : { assistantId }),
        ...(Object.keys(variableValues).length > 0 && { assistantOverrides: { variableValues } }),
      };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), wordTimeoutMs);
  let id: string | undefined;
  try {
    const response = await fetch(`${baseUrl}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name, input, stream: true, ...context }),
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    if (!response.ok || !response.body) {
      const text = await response.text();
      throw new VapiError(`Vapi answered ${response.status}: ${text.slice(0, 300)}`, response.status);
    }
    let unsent = '';
    for await (const event of eventsOf(response.body)) {
      timer.refresh();
      if (event.delta && event.path?.endsWith('.content')) unsent += event.delta;
      if (id === undefined && event.id !== undefined) {
        id = event.id;
        yield { id };
      }
      if (id === undefined || unsent === '') continue;
      yield { delta: unsent };
      unsent = '';
    }
  } catch (cause) {
    if (id !== undefined) return;
    throw cause instanceof VapiError ? cause : noAnswer(cause);
  } finally {
    clearTimeout(timer);
  }
  if (id === undefined) throw new VapiError('Vapi answered with something that is not a chat', 200);
}

/** @returns null when Vapi does not report it */
export async function readChatCost(
  baseUrl: string,
  privateKey: string,
  id: string,
): Promise<CallCost | null> {
  // The cost arrives with the answer or a moment later.
  for (const pauseMs of [0, 500, 2000]) {
    await pause(pauseMs);
    const response = await fetch(`${baseUrl}/chat/${id}`, {
      headers: { authorization: `Bearer ${privateKey}` },
      signal: AbortSignal.timeout(wordTimeoutMs),
    }).catch(() => null);
    const chat = chatSchema.safeParse(await response?.json().catch(() => null));
    const cost = response?.ok && chat.success ? readCost(chat.data) : null;
    if (cost) return cost;
  }
  return null;
}

/** The `data:` lines of a stream of server-sent events, those that are objects. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<z.infer<typeof eventSchema>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const event = eventSchema.safeParse(parseJson(line.slice(5)));
      if (event.success) yield event.data;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
