/** What was said in a call, from Vapi's call object. */
import { z } from 'zod';
import type { TranscriptAnswer } from '../contract.ts';
import type { VapiCall } from './call-record.ts';

const messageSchema = z.looseObject({
  role: z.string(),
  message: z.string(),
  secondsFromStart: z.number().nullish().catch(null),
});
const messages = z.array(z.unknown()).nullish().catch(null);
const contentSchema = z.looseObject({
  artifact: z.looseObject({ messages }).nullish().catch(null),
  messages,
});

const roles: Record<string, 'assistant' | 'user'> = {
  bot: 'assistant',
  assistant: 'assistant',
  user: 'user',
};

/** Prompts and tool calls are the operator's business and are left out. */
export function readLines(call: VapiCall): TranscriptAnswer['lines'] {
  const content = contentSchema.parse(call);
  return (content.artifact?.messages ?? content.messages ?? []).flatMap((entry) => {
    const line = messageSchema.safeParse(entry).data;
    const role = line && roles[line.role];
    return line && role ? [{ role, text: line.message, seconds: line.secondsFromStart ?? null }] : [];
  });
}
