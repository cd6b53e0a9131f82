/** Whether a webhook is from the tenant's Vapi: it must present the tenant's secret in one of the ways that Vapi can send it. */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { safeEqual } from '../base/safe-equal.ts';
import type { HmacAuth } from '../contract.ts';

/** The header to set in the assistant's `server.headers`. */
export const webhookTokenHeader = 'x-vapi-agent-token';

/** How far a signed message's time may be from ours. */
const windowMs = 300_000;
/** Vapi does not say whether its timestamps are seconds or milliseconds; as seconds this would be the year 5138. */
const firstMilliseconds = 1e11;

/** The parts of a request that prove its sender. `url` is the one that Vapi was given. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * Whether it seems to be signed: some header has a time near ours. Independent of the tenant, because a stranger must not
 * find out whether there is one, how its messages are proved, and in which headers.
 */
export function looksSigned(headers: IncomingHttpHeaders, nowMs: number): boolean {
  return Object.keys(headers).some((name) => isFresh(textOf(headers, name), nowMs));
}

/** Needs the body's exact bytes, which are signed. Costs the same whichever headers are missing. */
export function isSigned(request: SignedRequest, auth: HmacAuth, secrets: string[], nowMs: number): boolean {
  const { headers } = request;
  const { signatureHeader, timestampHeader, messageIdHeader } = auth;
  const presented = textOf(headers, signatureHeader);
  const fits = secrets.some((secret) =>
    safeEqual(presented, `${auth.signaturePrefix}${sign(request, auth, secret)}`),
  );
  const hasId = messageIdHeader === null || textOf(headers, messageIdHeader) !== '';
  return fits && hasId && isFresh(textOf(headers, timestampHeader), nowMs);
}

/**
 * Accepts our own header (`server.headers`), Vapi's legacy `X-Vapi-Secret` (`server.secret`) and a bearer credential
 * (docs.vapi.ai/server-url/server-authentication). Can be decided before the body is read.
 * @param secrets the current one, and during a rotation the previous one
 */
export function presentsToken(headers: IncomingHttpHeaders, secrets: string[]): boolean {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const presented = [headers[webhookTokenHeader], headers['x-vapi-secret'], bearer];
  return presented.some(
    (value) => typeof value === 'string' && secrets.some((secret) => safeEqual(value, secret)),
  );
}

/** As Vapi's HMAC credential signs (vapi-facts 3.7). */
function sign(request: SignedRequest, auth: HmacAuth, secret: string): string {
  const values: Record<string, string | Buffer> = {
    body: request.body,
    timestamp: textOf(request.headers, auth.timestampHeader),
    method: request.method,
    url: request.url,
    'svix-id': auth.messageIdHeader ? textOf(request.headers, auth.messageIdHeader) : '',
  };
  const hmac = createHmac(auth.algorithm, Buffer.from(secret, auth.secretIsBase64 ? 'base64' : 'utf8'));
  // Piece by piece, so that the body is hashed as bytes and nothing inside it can be taken for a placeholder.
  for (const piece of auth.payloadFormat.split(/(\{(?:body|timestamp|method|url|svix-id)\})/)) {
    hmac.update(values[/^\{(.+)\}$/.exec(piece)?.[1] ?? ''] ?? piece);
  }
  return hmac.digest(auth.encoding);
}

function isFresh(timestamp: string, nowMs: number): boolean {
  if (!/^\d{1,16}(\.\d{1,9})?$/.test(timestamp)) return false;
  const value = Number(timestamp);
  const sentMs = value < firstMilliseconds ? value * 1000 : value;
  return Math.abs(sentMs - nowMs) <= windowMs;
}

function textOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
