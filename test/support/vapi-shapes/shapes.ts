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

interface CallPageQuery extends Vapi.ListCallsRequest {
  page?: number;
  cursor?: string;
  sortBy?: 'createdAt' | 'duration' | 'cost';
  sortOrder?: 'ASC' | 'DESC';
  idAny?: string[];
  assistantIdAny?: string;
  endedReasonAny?: string;
  costLe?: number;
  costGe?: number;
}
interface VersionsQuery {
  cursor?: string;
  limit?: number;
  includeDeleted?: boolean;
}
interface DraftsQuery {
  cursor?: string;
  limit?: number;
  createdBy?: string;
}
type TokensQuery = Pick<Vapi.ListAssistantsRequest, keyof Vapi.ListAssistantsRequest>;

/** Schemas cannot be made of a method's parameters, so these queries are written above, and compared by the compiler. */
type Lists = Web.Api<unknown>;
type Asked<List, At extends 0 | 1 = 0> = List extends (...parts: infer Parts) => unknown
  ? NonNullable<Parts[At]>
  : never;
type IsPart<Own, Whole> = [Exclude<keyof Own, keyof Whole>] extends [never]
  ? Own extends Pick<Whole, keyof Own & keyof Whole>
    ? true
    : false
  : false;
type AllTrue<Checks extends true[]> = Checks;
export type ComparedQueries = AllTrue<
  [
    IsPart<CallPageQuery, Asked<Lists['v2']['callControllerFindAllPaginated']>>,
    IsPart<VersionsQuery, Asked<Lists['assistant']['assistantControllerFindAllVersions'], 1>>,
    IsPart<DraftsQuery, Asked<Lists['assistant']['assistantControllerFindAllDrafts'], 1>>,
    IsPart<TokensQuery, Asked<Lists['token']['tokenControllerFindAll']>>,
  ]
>;

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
  assistantsQuery: Vapi.ListAssistantsRequest;
  callPageQuery: CallPageQuery;
  callsQuery: Vapi.ListCallsRequest;
  chatEvent: Vapi.CreateChatStreamResponse;
  chatPageQuery: Vapi.ListChatsRequest;
  draftsQuery: DraftsQuery;
  phoneNumbersQuery: Vapi.ListPhoneNumbersRequest;
  squadsQuery: Vapi.ListSquadsRequest;
  tokensQuery: TokensQuery;
  versionsQuery: VersionsQuery;
  assistantAnswer: Vapi.ServerMessageResponseAssistantRequest;
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
