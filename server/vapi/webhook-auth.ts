/** Whether a webhook is from the tenant's Vapi: it must present the tenant's secret in one of the ways Vapi can send it. */
import type { IncomingHttpHeaders } from 'node:http';
import { safeEqual } from '../access/safe-equal.ts';

/** The header to set in the assistant's `server.headers`. */
export const webhookTokenHeader = 'x-vapi-agent-token';

/**
 * Accepts our own header (`server.headers`), Vapi's legacy `X-Vapi-Secret` (`server.secret`) and a bearer credential
 * (docs.vapi.ai/server-url/server-authentication).
 */
export function isFromVapi(headers: IncomingHttpHeaders, secret: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const presented = [headers[webhookTokenHeader], headers['x-vapi-secret'], bearer];
  return presented.some((value) => typeof value === 'string' && safeEqual(value, secret));
}
