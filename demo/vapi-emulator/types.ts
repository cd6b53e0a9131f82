/**
 * What a test or the demo gives the emulator (orgs, keys, assistants, switches), and what it keeps of a call.
 *
 * Field names are Vapi's own; the emulator's own (`scenario`, `script`, switches) are marked.
 */

/** An object of Vapi's API whose content the emulator only stores and echoes. */
export type Json = Record<string, unknown>;

/** Limits of a public key or of a JWT; sources: vapi-facts 1.1 (`TokenRestrictions`). */
export interface TokenRestrictions {
  enabled?: boolean | undefined;
  /** Compared with the request's `Origin`; a `null` inside makes the real service answer 500. */
  allowedOrigins?: (string | null)[] | undefined;
  allowedAssistantIds?: string[] | undefined;
  /** Default true, but false as soon as `allowedAssistantIds` is given. */
  allowTransientAssistant?: boolean | undefined;
}

/** Where webhooks go. `secret` is the legacy form, sent as `X-Vapi-Secret`. */
export interface WebhookServer {
  url?: string | undefined;
  /** Seconds; default 20. */
  timeoutSeconds?: number | undefined;
  credentialId?: string | undefined;
  headers?: Record<string, string> | undefined;
  secret?: string | undefined;
  backoffPlan?:
    | {
        type: 'fixed' | 'exponential';
        maxRetries: number;
        /** Seconds. */
        baseDelaySeconds: number;
        excludedStatusCodes?: number[] | undefined;
      }
    | undefined;
}

/** How a credential proves that a webhook is from this service. */
export type AuthenticationPlan =
  | { type: 'bearer'; token: string; headerName?: string; bearerPrefixEnabled?: boolean }
  | {
      type: 'hmac';
      secretKey: string;
      algorithm?: 'sha256' | 'sha512' | 'sha1';
      signatureHeader?: string;
      timestampHeader?: string;
      signaturePrefix?: string;
      includeTimestamp?: boolean;
      /** Placeholders: `{body} {timestamp} {method} {url} {svix-id}`. */
      payloadFormat?: string;
      messageIdHeader?: string;
      signatureEncoding?: 'hex' | 'base64';
      secretIsBase64?: boolean;
    };

export const scenarioNames = [
  'talks',
  'talks-and-hangs-up',
  'refuses-microphone',
  'ends-mid-call',
  'report-lost',
  'report-twice',
  'report-before-status',
  'cost-late',
  'cost-changes',
  'slow',
  'rate-limited',
  'server-error',
  'concurrency-refused',
] as const;
/** What an assistant's calls do; the emulator's own word. The table is in the README. */
export type ScenarioName = (typeof scenarioNames)[number];

/** One line of a scripted dialogue; the emulator's own. */
export interface ScriptLine {
  who: 'assistant' | 'visitor';
  text: string;
  /** The assistant then calls this function, if the call has it. */
  calls?: { name: string; arguments: Record<string, unknown> };
}

/** A saved assistant. Beside the named fields any field of Vapi's `CreateAssistantDTO` is kept and echoed. */
export interface EmulatorAssistant {
  id: string;
  name?: string;
  firstMessage?: string;
  server?: WebhookServer;
  serverMessages?: string[];
  clientMessages?: string[];
  /** Seconds; default 600. */
  maxDurationSeconds?: number;
  /** Not Vapi's: what happens in this assistant's calls; default `talks`. */
  scenario?: ScenarioName;
  /** Not Vapi's: what is said after the first message; default one of the built-in dialogues. */
  script?: ScriptLine[];
  [field: string]: unknown;
}

export const phoneProviders = ['vapi', 'twilio', 'telnyx', 'vonage', 'byo-phone-number'] as const;
export type PhoneProvider = (typeof phoneProviders)[number];
export const phoneStatuses = ['active', 'activating', 'blocked'] as const;
export type PhoneStatus = (typeof phoneStatuses)[number];

/** A phone number. Beside the named fields those of its provider are kept and echoed. */
export interface EmulatorPhoneNumber {
  id: string;
  provider: PhoneProvider;
  /** E.164. */
  number?: string;
  name?: string;
  status?: PhoneStatus;
  assistantId?: string;
  squadId?: string;
  server?: WebhookServer;
  [field: string]: unknown;
}

/** The number that was called, and by whom. */
export interface PhoneLine {
  numberId: string;
  /** As `GET /phone-number/:id` shows it. */
  number: Json;
  from: string | undefined;
  server: WebhookServer | undefined;
}

export interface EmulatorSquad {
  id: string;
  name?: string;
  /** By `assistantId` or with an `assistant` inside. A call starts with the first. */
  members: Json[];
  /** Apply to every member. */
  membersOverrides?: Json;
}

/**
 * What a `PATCH` of an assistant does, since no public text says it for an org whose assistants have versions:
 * `in-place`: there are no versions; `publishes` a new one; `edits-a-draft` that no call uses until it is published;
 * `conflicts`: 409, as if someone's draft were in the way.
 */
export const assistantEdits = ['in-place', 'publishes', 'edits-a-draft', 'conflicts'] as const;
export type AssistantEdits = (typeof assistantEdits)[number];

export interface EmulatorOrg {
  orgId: string;
  privateKeys: string[];
  publicKeys: { value: string; restrictions?: TokenRestrictions | undefined }[];
  server?: WebhookServer;
  assistants: EmulatorAssistant[];
  squads?: EmulatorSquad[];
  phoneNumbers?: EmulatorPhoneNumber[];
  /** What `server.credentialId` may name. */
  credentials?: { id: string; authenticationPlan: AuthenticationPlan }[];
}

/** What a test may change while the emulator runs. Times are milliseconds. */
export interface Switches {
  acceptPrivateKeyOnWebCall: boolean;
  /** From a call's end to its report. */
  reportDelayMs: number;
  /** `cost-late`: from the report to the moment that `GET /call/:id` shows the cost. */
  costLateMs: number;
  /** `cost-changes`: from the report to the moment that the cost grows. */
  costChangesMs: number;
  /** From a call's end to the moment that its recordings can be fetched; 0 = at once. */
  uploadDelayMs: number;
  /** For how many seconds the signed addresses in `artifact` are valid; 0 = expired when they are read. */
  presignedSeconds: number;
  /** The bucket refuses the signed addresses in `artifact`, as if they had expired by its clock. */
  refusePresigned: boolean;
  /** The endpoints of a call's artifacts answer with this status; 0 = off. */
  failArtifactsWith: number;
  /** `slow`: how long `POST /call/web` takes. */
  slowMs: number;
  /** From creation to the end of a call that no one joins. */
  joinTimeoutMs: number;
  /** From a lost connection (a tab closed without notice) to the end of the call. */
  disconnectMs: number;
  /** No report is sent, whatever the scenario. */
  dropReports: boolean;
  /** Live calls that one org may have; 0 = no limit. */
  concurrencyLimit: number;
  /** Every API request is answered with this status (429 carries `Retry-After`); 0 = off. */
  failEverythingWith: number;
  /** Requests that one key may make in a minute before it is answered 429 with `Retry-After`; 0 = no limit. */
  requestsPerMinute: number;
  /** The status of every request to `/token`, as for a key that may not manage keys (401, 403 or 404); 0 = it may. */
  refuseTokensWith: number;
  assistantEdits: AssistantEdits;
  /** The status of a phone number that was just created or imported. */
  newPhoneNumberStatus: PhoneStatus;
  /** `POST /chat` answers 402. */
  chatPaymentRequired: boolean;
  /** `POST /call/web` and `POST /chat` are carried out, and the connection breaks before any of the answer is sent. */
  loseAnswers: boolean;
  /** `endedReason` of a call ended through its control URL. */
  controlEndedReason: string;
}

export interface EmulatorOptions extends Partial<Switches> {
  /** 0 = any free port. The emulator listens on 127.0.0.1 only. */
  port: number;
  orgs: EmulatorOrg[];
  /** How many times faster than real time a call runs: 10 makes a ten-second call last one second. Default 1. */
  speed?: number;
  /** Epoch milliseconds, read wherever the emulator needs the time; default the system's clock. */
  now?: () => number;
  /** One line for each thing that happens; no keys in it. */
  log?: (line: string) => void;
  /** Called once per call, when its end is known (the report is still on its way). */
  onCallEnded?: (entry: BookEntry) => void;
}

export type CallType = 'webCall' | 'inboundPhoneCall' | 'outboundPhoneCall';

/** One entry of Vapi's `costs[]`; `cost` in US dollars. */
export interface CostItem {
  type: string;
  cost: number;
  [field: string]: unknown;
}

/** What a call cost: `cost` and `costBreakdown` are rounded to 4 places as Vapi rounds them. */
export interface CallCost {
  cost: number;
  costBreakdown: Json;
  costs: CostItem[];
}

/** One call in the emulator's independent account. */
export interface BookEntry extends CallCost {
  callId: string;
  orgId: string;
  assistantId: string | null;
  type: CallType;
  /** From start to end; 0 for a call that no one joined. */
  seconds: number;
  endedReason: string;
  /** ISO-8601 UTC. */
  createdAt: string;
  endedAt: string;
}

/** One attempt to deliver a webhook. */
export interface Delivery {
  callId: string;
  type: string;
  /** Of a `status-update`. */
  status?: string;
  url: string;
  /** 1 for the first attempt. */
  attempt: number;
  /** The receiver's HTTP status; null when there was none (refused, timed out). */
  answer: number | null;
}

/** One request for a recording in the bucket. */
export interface Download {
  file: string;
  /** Which signed address was used: the one in `artifact`, or the one that an endpoint redirects to; null = neither. */
  from: 'artifact' | 'endpoint' | null;
  /** The requested `Range`. */
  range: string | null;
  status: number;
}
