/** What was said in a call, out of Vapi's call object. */
import { z } from 'zod';
import type { TranscriptAnswer } from '../contract.ts';
import type { VapiCall } from './call-record.ts';

export interface CallContent {
  lines: TranscriptAnswer['lines'];
  /** Where Vapi keeps the recording; anyone with the URL can hear it, so it is never passed on. */
  recordingUrl: string | null;
}

const link = z
  .url({ protocol: /^https?$/ })
  .nullish()
  .catch(null);
const messageSchema = z.looseObject({
  role: z.string(),
  message: z.string(),
  secondsFromStart: z.number().nullish().catch(null),
});
const artifactSchema = z
  .looseObject({
    messages: z.array(z.unknown()).nullish().catch(null),
    recordingUrl: link,
    recording: z
      .looseObject({ mono: z.looseObject({ combinedUrl: link }).nullish().catch(null), stereoUrl: link })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null);
const contentSchema = z.looseObject({
  artifact: artifactSchema,
  messages: z.array(z.unknown()).nullish().catch(null),
  recordingUrl: link,
});

const roles: Record<string, 'assistant' | 'user'> = {
  bot: 'assistant',
  assistant: 'assistant',
  user: 'user',
};

/** Prompts and tool calls are the operator's business and are left out. */
export function readContent(call: VapiCall): CallContent {
  const { artifact, messages, recordingUrl } = contentSchema.parse(call);
  const lines = (artifact?.messages ?? messages ?? []).flatMap((entry) => {
    const line = messageSchema.safeParse(entry).data;
    const role = line && roles[line.role];
    return line && role ? [{ role, text: line.message, seconds: line.secondsFromStart ?? null }] : [];
  });
  const { recording } = artifact ?? {};
  return {
    lines,
    recordingUrl:
      artifact?.recordingUrl ?? recording?.mono?.combinedUrl ?? recording?.stereoUrl ?? recordingUrl ?? null,
  };
}
