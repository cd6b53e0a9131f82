/** Sends server messages: one target, its headers, its retries (vapi-facts 3.1, 3.7). */
import { createHmac, randomUUID } from 'node:crypto';
import { publishTraffic } from './traffic.ts';
import type { AuthenticationPlan, Delivery, Json, WebhookServer } from './types.ts';
import { type Call, changed, type World } from './world.ts';

/** Overrides win over the assistant, it over the phone number, that over the org; there is no fallback after a failure. */
function targetOf(world: World, call: Call): WebhookServer | undefined {
  const own = call.assistant.server as WebhookServer | undefined;
  return [own, call.line?.server, world.orgs.get(call.orgId)?.server].find(
    (server) => server?.url !== undefined,
  );
}

type Sign<K extends AuthenticationPlan['type']> = (
  plan: Extract<AuthenticationPlan, { type: K }>,
  body: string,
  url: string,
  nowMs: number,
) => Record<string, string>;

const signers: { [K in AuthenticationPlan['type']]: Sign<K> } = {
  bearer: (plan) => ({
    [plan.headerName ?? 'Authorization']:
      plan.bearerPrefixEnabled === false ? plan.token : `Bearer ${plan.token}`,
  }),
  hmac: (plan, body, url, nowMs) => {
    // Seconds: the unit is not documented (vapi-facts 12.5).
    const timestamp = String(Math.floor(nowMs / 1000));
    const messageId = `msg_${randomUUID()}`;
    const parts: Record<string, string> = { body, timestamp, method: 'POST', url, 'svix-id': messageId };
    const format = plan.payloadFormat ?? (plan.includeTimestamp === false ? '{body}' : '{timestamp}.{body}');
    const payload = format.replace(
      /\{(body|timestamp|method|url|svix-id)\}/g,
      (_all, part: string) => parts[part] ?? '',
    );
    const secret = Buffer.from(plan.secretKey, plan.secretIsBase64 === true ? 'base64' : 'utf8');
    const signature = createHmac(plan.algorithm ?? 'sha256', secret)
      .update(payload)
      .digest(plan.signatureEncoding ?? 'hex');
    return {
      [plan.signatureHeader ?? 'x-signature']: `${plan.signaturePrefix ?? ''}${signature}`,
      ...(plan.includeTimestamp === false ? {} : { [plan.timestampHeader ?? 'x-timestamp']: timestamp }),
      ...(plan.messageIdHeader === undefined ? {} : { [plan.messageIdHeader]: messageId }),
    };
  },
};

function credentialHeaders(
  world: World,
  orgId: string,
  server: WebhookServer,
  body: string,
): Record<string, string> {
  const credential = world.orgs.get(orgId)?.credentials?.find(({ id }) => id === server.credentialId);
  if (credential === undefined) return {};
  const plan = credential.authenticationPlan;
  const sign = signers[plan.type] as Sign<AuthenticationPlan['type']>;
  return sign(plan as never, body, server.url ?? '', world.now());
}

/** One POST; the receiver's answer, or null when there was none in time. */
export async function post(
  world: World,
  orgId: string,
  server: WebhookServer,
  body: string,
  limitMs = (server.timeoutSeconds ?? 20) * 1000,
): Promise<{ status: number; text: string } | null> {
  try {
    const answer = await fetch(server.url ?? '', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(server.secret === undefined ? {} : { 'X-Vapi-Secret': server.secret }),
        ...server.headers,
        ...credentialHeaders(world, orgId, server, body),
      },
      body,
      signal: AbortSignal.any([world.closing.signal, AbortSignal.timeout(limitMs)]),
    });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

const succeeded = (answer: number | null): boolean => answer !== null && answer >= 200 && answer < 300;

/** Milliseconds before the attempt after `attempt`; undefined when there is none. By default nothing is retried. */
function retryDelay(server: WebhookServer, attempt: number, answer: number | null): number | undefined {
  const plan = server.backoffPlan;
  if (plan === undefined || attempt > plan.maxRetries) return undefined;
  if (answer !== null && plan.excludedStatusCodes?.includes(answer)) return undefined;
  const factor = plan.type === 'exponential' ? 2 ** (attempt - 1) : 1;
  return plan.baseDelaySeconds * 1000 * factor;
}

/** Delivers one message to the call's target, if it has one; resolves when the last attempt is over. */
export async function deliver(world: World, call: Call, message: Json): Promise<void> {
  const server = targetOf(world, call);
  if (server?.url === undefined) return;
  const body = JSON.stringify({ message });
  publishTraffic({ kind: 'webhook', body: { message } });
  const type = String(message.type);
  for (let attempt = 1; ; attempt += 1) {
    const answer = (await post(world, call.orgId, server, body))?.status ?? null;
    if (world.closing.signal.aborted) return;
    const delivery: Delivery = { callId: call.id, type, url: server.url, attempt, answer };
    if (message.status !== undefined) delivery.status = String(message.status);
    world.deliveries.push(delivery);
    world.log(
      `webhook ${type} ${delivery.status ?? ''} call ${call.id} attempt ${attempt}: ${answer ?? 'no answer'}`,
    );
    changed(world);
    if (succeeded(answer)) return;
    const delay = retryDelay(server, attempt, answer);
    if (delay === undefined) return;
    await world.timers.wait(delay);
  }
}
