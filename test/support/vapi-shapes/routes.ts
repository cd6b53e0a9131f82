/** Which shape each request to Vapi has, and which its answer. */
import type { Shapes } from './shapes.ts';

interface Route {
  method: string;
  path: RegExp;
  request: keyof Shapes | null;
  answer: keyof Shapes | null;
}

const route = (
  method: string,
  path: string,
  answer: keyof Shapes | null,
  request: keyof Shapes | null = null,
): Route => ({ method, path: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`), request, answer });

export const routes: Route[] = [
  route('POST', '/call/web', 'call', 'webCallCreate'),
  route('GET', '/call', 'calls'),
  route('GET', '/v2/call', 'callPage'),
  route('GET', '/call/:id', 'call'),
  route('PATCH', '/call/:id', 'call', 'callUpdate'),
  route('DELETE', '/call/:id', 'call'),
  // No type says what the control URL answers.
  route('POST', '/_worker/:id/:token/control', null, 'controlMessage'),
  route('GET', '/assistant', 'assistants'),
  route('POST', '/assistant', 'assistant', 'assistantCreate'),
  route('GET', '/assistant/:id', 'assistant'),
  route('PATCH', '/assistant/:id', 'assistant', 'assistantUpdate'),
  route('DELETE', '/assistant/:id', 'assistant'),
  route('GET', '/assistant/:id/versions', 'assistantVersions'),
  route('GET', '/assistant/:id/versions/:version', 'assistantVersion'),
  route('POST', '/assistant/:id/restore/:version', 'assistant'),
  route('GET', '/assistant/:id/draft', 'assistantDrafts'),
  route('GET', '/squad', 'squads'),
  route('GET', '/squad/:id', 'squad'),
  route('GET', '/phone-number', 'phoneNumbers'),
  route('POST', '/phone-number', 'phoneNumber', 'phoneNumberCreate'),
  route('GET', '/phone-number/:id', 'phoneNumber'),
  route('PATCH', '/phone-number/:id', 'phoneNumber', 'phoneNumberUpdate'),
  route('DELETE', '/phone-number/:id', 'phoneNumber'),
  route('GET', '/token', 'tokens'),
  route('POST', '/token', 'token', 'tokenCreate'),
  route('GET', '/token/:id', 'token'),
  route('PATCH', '/token/:id', 'token', 'tokenUpdate'),
  route('DELETE', '/token/:id', 'token'),
  route('POST', '/analytics', 'analyticsResults', 'analyticsCreate'),
  route('POST', '/chat', 'chat', 'chatCreate'),
  route('GET', '/chat', 'chatPage'),
  route('GET', '/chat/:id', 'chat'),
  route('DELETE', '/chat/:id', 'chat'),
  route('POST', '/session', 'session', 'sessionCreate'),
  route('GET', '/session/:id', 'session'),
];
