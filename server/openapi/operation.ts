/** One route of the HTTP API as the document describes it. */
import type { z } from 'zod';
import type { ErrorCode } from '../contract.ts';

/**
 * `operator`: an operator's key. `tenant`: an operator's key, or a client's for its own tenant. `visitor`: a page of an
 * allowed origin. The other two authenticate as their webhooks do.
 */
export type Caller = 'operator' | 'tenant' | 'visitor' | 'vapi' | 'stripe' | 'anyone';

export interface Operation {
  /** Method and path, as in `GET /v1/tenants/{slug}`. */
  route: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  caller: Caller;
  /** One line, in the imperative. */
  summary: string;
  /** Beyond the summary: effects, guarantees, units. */
  notes?: string;
  query?: z.ZodType;
  body?: Body;
  answers: Record<number, Answer>;
  /** Set when the answer can be another server's, with any status and form: names that server. */
  relays?: string;
  /** Error codes beside those that every route, or every route for this caller, can answer. */
  refusals?: ErrorCode[];
}

export interface Body {
  schema: z.ZodType;
  /** A request without a body means the schema's defaults. */
  optional?: boolean;
}

export interface Answer {
  what: string;
  /** The JSON body; without it, and without `media`, there is none. */
  json?: z.ZodType;
  /** Other forms of the same, by media type, chosen by `Accept` if there is also a JSON body. */
  media?: Record<string, object>;
  headers?: Record<string, string>;
}

const text = { type: 'string' };

export const csv = (amounts: string): Pick<Answer, 'media'> => ({
  media: { 'text/csv': { ...text, description: `UTF-8 with a BOM, CRLF, amounts ${amounts}.` } },
});
export const json = (what: string, schema: z.ZodType, more: Partial<Answer> = {}): Answer => ({
  what,
  json: schema,
  ...more,
});
export const nothing = (what: string): Answer => ({ what });
export const plain = (what: string, type: string): Answer => ({ what, media: { [type]: text } });

/** An operation of that caller's. */
const by =
  (caller: Caller) =>
  (
    route: Operation['route'],
    summary: string,
    more: Omit<Operation, 'route' | 'caller' | 'summary'>,
  ): Operation => ({ route, caller, summary, ...more });
export const operator = by('operator');
export const tenant = by('tenant');
export const visitor = by('visitor');
export const vapi = by('vapi');
export const stripe = by('stripe');
export const anyone = by('anyone');
