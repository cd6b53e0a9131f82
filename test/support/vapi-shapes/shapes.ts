/**
 * What is sent to Vapi and answered by it, by the types of Vapi's own packages; `validators.ts` makes JSON Schemas of them.
 * `@vapi-ai/web` is used only for what `@vapi-ai/server-sdk` lacks: its lists of allowed words lack their `[]`.
 */
import type { Vapi } from '@vapi-ai/server-sdk';
import type * as Web from '@vapi-ai/web/dist/api.js';
import type {
  AddMessageMessage,
  ControlMessages,
  EndCallMessage,
  SayMessage,
} from '@vapi-ai/web/dist/vapi.js';

type SayByUrl = Omit<SayMessage, 'message'> & { content: string };
/** With those that only the documentation of call features has. */
type Control = { type: 'control'; control: ControlMessages['control'] | 'mute-customer' | 'unmute-customer' };

export type AssistantUpdate = Omit<Vapi.UpdateAssistantDto, 'id'>;

/** `provider` need not be repeated; the SDK requires it to distinguish the kinds. */
type ProviderGiven<T> = T extends { provider: infer P } ? Omit<T, 'provider'> & { provider?: P } : never;

export type PhoneNumberUpdate = ProviderGiven<Vapi.UpdatePhoneNumbersRequestBody>;

interface WebCallCreate {
  assistantVersion?: Web.CreateWebCallDTO['assistantVersion'];
  roomDeleteOnUserLeaveEnabled?: boolean;
  assistantId?: string;
  assistant?: Vapi.CreateAssistantDto;
  assistantOverrides?: Vapi.AssistantOverrides;
  squadId?: string;
  squad?: Vapi.CreateSquadDto;
  squadOverrides?: Vapi.AssistantOverrides;
}

type Settings = Omit<Vapi.Assistant, 'id' | 'orgId' | 'createdAt' | 'updatedAt' | 'latestVersion'>;
type OfVersion = Pick<
  Web.AssistantVersion,
  | 'id'
  | 'orgId'
  | 'assistantId'
  | 'version'
  | 'versionName'
  | 'versionDescription'
  | 'configHash'
  | 'parentVersion'
  | 'restoredFromVersion'
  | 'createdBy'
  | 'deletedAt'
  | 'createdAt'
>;
type OfDraft = Pick<
  Web.AssistantDraft,
  'id' | 'orgId' | 'assistantId' | 'baseVersion' | 'createdBy' | 'createdAt' | 'updatedAt'
>;
interface AssistantVersion extends Settings, OfVersion {}
interface AssistantDraft extends Settings, OfDraft {}

export interface Shapes {
  analyticsCreate: Vapi.AnalyticsQueryDto;
  analyticsResults: Vapi.AnalyticsQueryResult[];
  assistant: Vapi.Assistant;
  assistantCreate: Vapi.CreateAssistantDto;
  assistantUpdate: AssistantUpdate;
  assistantDrafts: { results: AssistantDraft[]; metadata: Web.AssistantDraftPaginatedMetadata };
  assistantVersion: AssistantVersion;
  assistantVersions: { results: AssistantVersion[]; metadata: Web.AssistantVersionPaginatedMetadata };
  assistants: Vapi.Assistant[];
  call: Vapi.Call;
  calls: Vapi.Call[];
  callPage: { results: Vapi.Call[]; metadata: Vapi.PaginationMeta };
  callUpdate: Omit<Vapi.UpdateCallDto, 'id'>;
  chat: Vapi.Chat;
  chatCreate: Vapi.CreateChatDto;
  chatPage: Vapi.ChatPaginatedResponse;
  clientMessage: Vapi.ClientMessageMessage;
  /** At a call's control URL `say` has its words in `content`. */
  controlMessage: AddMessageMessage | Control | EndCallMessage | SayByUrl;
  phoneNumber: Vapi.CreatePhoneNumbersResponse;
  phoneNumberCreate: Vapi.CreatePhoneNumbersRequest;
  phoneNumberUpdate: PhoneNumberUpdate;
  phoneNumbers: Vapi.ListPhoneNumbersResponseItem[];
  roomMessage: AddMessageMessage | ControlMessages | EndCallMessage | SayMessage;
  serverMessage: Vapi.ServerMessage;
  session: Vapi.Session;
  sessionCreate: Vapi.CreateSessionDto;
  squad: Vapi.Squad;
  squads: Vapi.Squad[];
  token: Web.Token;
  tokenCreate: Web.CreateTokenDTO;
  tokenUpdate: Web.UpdateTokenDTO;
  tokens: Web.Token[];
  webCallCreate: WebCallCreate;
}
