/** Which shapes each request to Vapi has, in body and query, and which its answer. */
import type { Shapes } from './shapes.ts';

interface Route {
  method: string;
  path: RegExp;
  request: keyof Shapes | null;
  answer: keyof Shapes | null;
  /** Null: it has none. */
  query: keyof Shapes | null;
}

const route = (
  method: string,
  path: string,
  answer: keyof Shapes | null,
  request: keyof Shapes | null = null,
  query: keyof Shapes | null = null,
): Route => ({ method, path: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`), request, answer, query });

const list = (path: string, answer: keyof Shapes, query: keyof Shapes): Route =>
  route('GET', path, answer, null, query);

export const routes: Route[] = [
  route('POST', '/call/web', 'call', 'webCallCreate'),
  list('/call', 'calls', 'callsQuery'),
  list('/v2/call', 'callPage', 'callPageQuery'),
  route('GET', '/call/:id', 'call'),
  // Their answers are sound and addresses, not JSON.
  route('GET', '/call/:id/:artifact', null),
  route('PATCH', '/call/:id', 'call', 'callUpdate'),
  route('DELETE', '/call/:id', 'call'),
  // No type says what the control URL answers.
  route('POST', '/_worker/:id/:token/control', null, 'controlMessage'),
  list('/assistant', 'assistants', 'assistantsQuery'),
  route('POST', '/assistant', 'assistant', 'assistantCreate'),
  route('GET', '/assistant/:id', 'assistant'),
  route('PATCH', '/assistant/:id', 'assistant', 'assistantUpdate'),
  route('DELETE', '/assistant/:id', 'assistant'),
  list('/assistant/:id/versions', 'assistantVersions', 'versionsQuery'),
  route('GET', '/assistant/:id/versions/:version', 'assistantVersion'),
  route('POST', '/assistant/:id/restore/:version', 'assistant'),
  list('/assistant/:id/draft', 'assistantDrafts', 'draftsQuery'),
  list('/squad', 'squads', 'squadsQuery'),
  route('GET', '/squad/:id', 'squad'),
  list('/phone-number', 'phoneNumbers', 'phoneNumbersQuery'),
  route('POST', '/phone-number', 'phoneNumber', 'phoneNumberCreate'),
  route('GET', '/phone-number/:id', 'phoneNumber'),
  route('PATCH', '/phone-number/:id', 'phoneNumber', 'phoneNumberUpdate'),
  route('DELETE', '/phone-number/:id', 'phoneNumber'),
  list('/token', 'tokens', 'tokensQuery'),
  route('POST', '/token', 'token', 'tokenCreate'),
  route('GET', '/token/:id', 'token'),
  route('PATCH', '/token/:id', 'token', 'tokenUpdate'),
  route('DELETE', '/token/:id', 'token'),
  route('POST', '/analytics', 'analyticsResults', 'analyticsCreate'),
  route('POST', '/chat', 'chat', 'chatCreate'),
  list('/chat', 'chatPage', 'chatPageQuery'),
  route('GET', '/chat/:id', 'chat'),
  route('DELETE', '/chat/:id', 'chat'),
  route('POST', '/session', 'session', 'sessionCreate'),
  route('GET', '/session/:id', 'session'),
];
