/**
 * Text conversations at Vapi (`POST /chat`, vapi-facts 6). Plain `fetch`: the server SDK (2.0.1) does not stream. The
 * private key is needed, so this never happens in a browser.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { VariableValues } from '../contract.ts';
import type { CallCost } from '../metering/call-event.ts';
import { readCost } from './cost.ts';
import { VapiError } from './vapi-api.ts';

export interface NewChat {
  input: string;
  /** The chat that this one goes on with; null at the beginning of a conversation. */
  previousChatId: string | null;
  assistantId: string;
  variableValues: VariableValues;
}

/** Until the first word; a model may think for a while. */
const answerTimeoutMs = 30_000;

const eventSchema = z.looseObject({
  id: z.uuid().optional(),
  path: z.string().optional(),
  delta: z.string().optional(),
});
const chatSchema = z.looseObject({
  cost: z.number().nullish(),
  costs: z.array(z.looseObject({ type: z.string().optional(), cost: z.number().nullish() })).nullish(),
});

/**
 * Sends one message and hands the answer on as it is written.
 * @returns the id of the chat
 * @throws VapiError also when the answer breaks off before its chat is known
 */
export async function streamChat(
  baseUrl: string,
  privateKey: string,
  { input, previousChatId, assistantId, variableValues }: NewChat,
  onDelta: (text: string) => void,
): Promise<string> {
  const context = previousChatId
    ? { previousChatId }
    : {
        assistantId,
        ...(Object.keys(variableValues).length > 0 && { assistantOverrides: { variableValues } }),
      };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), answerTimeoutMs);
  let id: string | undefined;
  try {
    const response = await fetch(`${baseUrl}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input, stream: true, ...context }),
      signal: stop.signal,
    });
    if (!response.ok || !response.body) {
      const text = await response.text();
      throw new VapiError(`Vapi answered ${response.status}: ${text.slice(0, 300)}`, response.status);
    }
    for await (const event of eventsOf(response.body)) {
      timer.refresh();
      id ??= event.id;
      if (event.delta && event.path?.endsWith('.content')) onDelta(event.delta);
    }
  } catch (cause) {
    // What was written is paid for, whether the rest comes or not.
    if (id) return id;
    throw cause instanceof VapiError ? cause : new VapiError(`no answer from Vapi: ${String(cause)}`);
  } finally {
    clearTimeout(timer);
  }
  if (!id) throw new VapiError('Vapi answered with something that is not a chat');
  return id;
}

/** @returns null when Vapi does not tell it */
export async function readChatCost(
  baseUrl: string,
  privateKey: string,
  id: string,
): Promise<CallCost | null> {
  // The cost is there with the answer or a moment later.
  for (const pauseMs of [0, 500, 2000]) {
    await pause(pauseMs);
    const response = await fetch(`${baseUrl}/chat/${id}`, {
      headers: { authorization: `Bearer ${privateKey}` },
      signal: AbortSignal.timeout(answerTimeoutMs),
    }).catch(() => null);
    const chat = chatSchema.safeParse(await response?.json().catch(() => null));
    const cost = response?.ok && chat.success ? readCost(chat.data) : null;
    if (cost) return cost;
  }
  return null;
}

/** The `data:` lines of a stream of server-sent events, as far as they are objects. */
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
