/** Where a tenant's messages are forwarded, and what is sent along with them. */
import type { IncomingHttpHeaders } from 'node:http';
import { openForwardTarget, openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { defaultTarget, type ForwardTarget, findForwardTarget } from '../store/forward-targets.ts';
import type { Tenant } from '../store/tenants.ts';
import { webhookTokenHeader } from '../vapi/webhook-auth.ts';
import { isOurWebhook } from '../vapi/webhook-url.ts';

/** Marks what we have forwarded; it names this installation, so that loops are detected and chains still work. */
const forwardedHeader = 'x-vapi-agent-forwarded';

/** @returns null when the messages go nowhere */
export async function forwardTargetOf(
  ctx: Context,
  tenant: Tenant,
  assistantId: string | null,
): Promise<ForwardTarget | null> {
  const own = assistantId === null ? undefined : await assistantTarget(ctx, tenant, assistantId);
  const target = own === undefined ? tenantTarget(ctx, tenant) : own;
  return target && !isOurWebhook(ctx.config.publicUrl, target.url) ? target : null;
}

/** @returns undefined when the assistant has none of its own, null when its messages go nowhere */
export async function assistantTarget(
  ctx: Context,
  tenant: Tenant,
  assistantId: string,
): Promise<ForwardTarget | null | undefined> {
  const row = await findForwardTarget(ctx.store, tenant.id, assistantId);
  return (
    row &&
    (row.targetSealed === null ? null : openForwardTarget(ctx.box, tenant.id, assistantId, row.targetSealed))
  );
}

/** The target of all assistants that have none of their own. */
export function tenantTarget(ctx: Context, tenant: Tenant): ForwardTarget | null {
  if (tenant.webhookForwardUrl === null) return null;
  const sealed = openTenantSecret(ctx.box, tenant, 'webhookForward');
  const kept = sealed === null ? {} : (JSON.parse(sealed) as Omit<ForwardTarget, 'url'>);
  return { ...defaultTarget, ...kept, url: tenant.webhookForwardUrl };
}

/** Whether we forwarded this request ourselves, to one of our own names that we did not recognize. */
export function isOwnForward(ctx: Context, headers: IncomingHttpHeaders): boolean {
  return ctx.installationIds.some((id) => id === headers[forwardedHeader]);
}

/** These belong to one connection or to us, or `fetch` sets them itself. */
const ownToAHop = new Set([
  'accept-encoding',
  'cdn-loop',
  'connection',
  'content-encoding',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-real-ip',
  webhookTokenHeader,
]);
const ownToAProxy = /^(x-forwarded-|cf-)/;

/**
 * Of what Vapi sent, everything that the tenant's own server may see, including the proof by a credential of its own;
 * never one of our secrets.
 */
export function headersToPass(headers: IncomingHttpHeaders, secrets: string[]): Record<string, string> {
  const passed = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      maySend(entry[0]) &&
      !secrets.includes(entry[1].replace(/^Bearer /i, '')),
  );
  return Object.fromEntries(passed);
}

/** What is sent to the target: its own headers win. */
export function headersFor(
  ctx: Context,
  target: ForwardTarget,
  passed: Record<string, string>,
): Record<string, string> {
  const own = Object.entries(target.headers).filter(([name]) => maySend(name));
  return { ...passed, ...Object.fromEntries(own), [forwardedHeader]: ctx.installationIds[0] ?? '' };
}

function maySend(name: string): boolean {
  return !ownToAHop.has(name) && !ownToAProxy.test(name);
}
