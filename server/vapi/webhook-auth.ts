/** Whether a webhook is from the tenant's Vapi: the tenant's secret must show in one of the ways Vapi can send it. */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { safeEqual } from '../base/safe-equal.ts';
import type { HmacAuth, WebhookAuth } from '../contract.ts';

/** The header to set in the assistant's `server.headers`. */
export const webhookTokenHeader = 'x-vapi-agent-token';

/** How far a signed message's time may be from ours. */
const windowMs = 300_000;
/** Vapi does not say whether its timestamps are seconds or milliseconds; as seconds this would be the year 5138. */
const firstMilliseconds = 1e11;

/** A request as far as its proof goes. `url` is the one that Vapi was told. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * What can be told before the body is read, so that a stranger cannot make us read megabytes. True is final for the
 * kind `token`; for `hmac` it means that a fresh signature is there to be checked.
 * @param secrets the current one, and during a rotation the previous one
 */
export function mayBeFromVapi(
  headers: IncomingHttpHeaders,
  auth: WebhookAuth,
  secrets: string[],
  nowMs: number,
): boolean {
  if (auth.kind === 'token') return presentsToken(headers, secrets);
  const { signatureHeader, timestampHeader, messageIdHeader } = auth;
  const names = messageIdHeader ? [signatureHeader, messageIdHeader] : [signatureHeader];
  return names.every((name) => textOf(headers, name)) && isFresh(textOf(headers, timestampHeader), nowMs);
}

/** To be asked after `mayBeFromVapi`, with the body as it came: a signature is over its very bytes. */
export function isFromVapi(request: SignedRequest, auth: WebhookAuth, secrets: string[]): boolean {
  if (auth.kind === 'token') return presentsToken(request.headers, secrets);
  const presented = textOf(request.headers, auth.signatureHeader);
  return secrets.some((secret) =>
    safeEqual(presented, `${auth.signaturePrefix}${sign(request, auth, secret)}`),
  );
}

/**
 * Accepts our own header (`server.headers`), Vapi's legacy `X-Vapi-Secret` (`server.secret`) and a bearer credential
 * (docs.vapi.ai/server-url/server-authentication).
 */
function presentsToken(headers: IncomingHttpHeaders, secrets: string[]): boolean {
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
