/**
 * What real bodies have beyond the types of Vapi's packages, each with its source. Whatever the emulator, the server or the
 * element has and the types lack is here, or it is a fault.
 */
import type { Schema } from './check.ts';

export interface Beyond {
  /** Names in the generated schemas. */
  types: RegExp;
  /** Fields that are not in the types at all. */
  fields?: Record<string, Schema>;
  /** Fields whose type is too narrow. */
  wider?: Record<string, Schema>;
  /** Fields that may also be null. */
  nullable?: string[];
  /** Further members of a union. */
  kinds?: Schema[];
  source: string;
}

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const definition = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

const reportsInPublicCode =
  'Reports that public code has received and typed; they are found by `voicemailDetectionCost` with `durationMinutes`.';

export const beyondTheTypes: Beyond[] = [
  {
    types: /^Call$/,
    fields: { webCallUrl: text },
    source: '`@vapi-ai/web` joins the room that `webCallUrl` of a creation’s answer names (dist/vapi.js).',
  },
  {
    types: /^CallTransport\.Daily$/,
    fields: { assistantVideoEnabled: { type: 'boolean' } },
    source: 'Creation answers in public code; earlier releases of `@vapi-ai/web` read it.',
  },
  {
    types: /^ServerMessageEndOfCallReport$/,
    fields: {
      costBreakdown: definition('CostBreakdown'),
      durationMs: number,
      durationSeconds: number,
      durationMinutes: number,
      summary: text,
      transcript: text,
      messages: { type: 'array', items: definition('ArtifactMessagesItem') },
      recordingUrl: text,
      stereoRecordingUrl: text,
    },
    source: reportsInPublicCode,
  },
  {
    types: /^CostBreakdown$/,
    fields: { voicemailDetectionCost: number, knowledgeBaseCost: number },
    source: reportsInPublicCode,
  },
  { types: /^Artifact$/, fields: { variables: { type: 'object' } }, source: reportsInPublicCode },
  {
    types: /^(Client|Server)Message[A-Z]\w*$/,
    wider: { assistant: { anyOf: [definition('Assistant'), definition('CreateAssistantDto')] } },
    source: `A saved assistant comes with its id and times. ${reportsInPublicCode}`,
  },
  {
    types: /^(Client|Server)Message\w+PhoneNumber\.\w+$/,
    fields: { id: text, orgId: text, createdAt: text, updatedAt: text, status: text },
    source: `A saved number comes with its id and times. ${reportsInPublicCode}`,
  },
  {
    types: /^(Client|Server)Message\w+PhoneNumber\.Vapi$/,
    fields: { number: text },
    source:
      'A saved number of Vapi has its digits (`VapiPhoneNumber` in the published API); the message’s type is that of a new one.',
  },
  {
    types: /^BackoffPlan$/,
    wider: {
      type: { type: 'string', enum: ['fixed', 'exponential'] },
      excludedStatusCodes: { type: 'array', items: number },
    },
    source:
      'The same type in `@vapi-ai/web`, with its example of status codes; the server SDK has objects for both.',
  },
  {
    types: /^(Assistant|AssistantUpdate|PhoneNumberUpdate)$/,
    nullable: ['server', 'assistantId', 'squadId', 'workflowId', 'fallbackDestination'],
    source:
      'A guess: no public text says how a field is taken away. Reading it back shows what null has done.',
  },
  {
    types: /^Server$/,
    fields: { secret: text },
    source: 'github.com/VapiAI/vapi-concurrency-gateway sets it; it arrives as X-Vapi-Secret.',
  },
  {
    types: /^(Client|Server)MessageModelOutput$/,
    wider: { output: { anyOf: [text, { type: 'object' }] } },
    source: 'docs.vapi.ai/server-url/events: a token or a tool call.',
  },
  {
    types: /^ClientMessageMessage$/,
    kinds: [definition('ServerMessageStatusUpdate')],
    source: '`clientMessages` may ask for `status-update`, and `@vapi-ai/web` waits for it (dist/vapi.js).',
  },
  {
    types: /^(Chat|Session|CreateSessionDto)(Messages|Output)Item$/,
    kinds: [
      {
        type: 'object',
        properties: { role: text, content: text },
        required: ['role', 'content'],
        additionalProperties: false,
      },
    ],
    source: 'docs.vapi.ai/chat/quickstart: the messages of a chat’s answer.',
  },
];

/** Refusals are in no type; their form is quoted by users (vapi.ai/community, support.vapi.ai). */
export const refusal: Schema = {
  type: 'object',
  properties: {
    message: { anyOf: [text, { type: 'array', items: text }] },
    error: text,
    statusCode: number,
  },
  required: ['message', 'statusCode'],
  additionalProperties: false,
};
