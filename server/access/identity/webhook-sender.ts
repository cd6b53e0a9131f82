/** Authenticates a webhook. Its body is read within bounds, and a refusal reveals nothing about the tenant. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import type { Context } from '../../context.ts';
import { type HmacAuth, slugSchema, webhookAuthSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { deletedForMs, findLastTenant, type Tenant } from '../../store/tenants.ts';
import { isSigned, looksSigned, presentsToken } from '../../vapi/webhook-auth.ts';
import { webhookUrlOf } from '../../vapi/webhook-url.ts';
import { letGo, readBody } from '../bounded-body.ts';
import { type ByteShares, createByteBudget } from '../byte-budget.ts';
import { webhookSecretsOf } from '../secrets/tenant-secrets.ts';
import type { FrontLimits } from './front-limits.ts';
import { senderNetworkOf } from './visitor-network.ts';

export interface ProvenWebhook {
  tenant: Tenant;
  secrets: string[];
  body: Buffer;
  /** Call once the body is no longer needed. */
  release(): void;
}

export interface WebhookBounds {
  /** Bytes of bodies whose signature cannot be checked before they are read. */
  unproven: ByteShares;
  /** Bytes of bodies whose sender has presented the tenant's secret. */
  proven: ByteShares;
  /** How long an unproven body may take. */
  unprovenMs: number;
}

/** A report contains the whole conversation and the assistant with its prompt. */
export const longestBody = 5 * 1024 * 1024;

export const webhookBounds: WebhookBounds = {
  // A network gets half of everything: however much an attacker fills from one network, Vapi has room for four of the
  // longest reports of each tenant, and ten in all. An attacker with many networks must send that much again every four
  // seconds: 80 Mbit/s against one tenant. Vapi resends what is refused meanwhile.
  unproven: {
    total: 20 * longestBody,
    perNetwork: 10 * longestBody,
    perKey: 8 * longestBody,
    perKeyAndNetwork: 4 * longestBody,
  },
  // By tenant alone, as Vapi has few addresses: a caller with one tenant's secret can fill only that tenant's share.
  proven: { total: 40 * longestBody, perKey: 16 * longestBody },
  unprovenMs: 4000,
};

/** Minimum time of a refusal, to hide lookups (before the body) and hashing (after it). */
const refusalMs = { beforeBody: 5, afterBody: 50 };

/**
 * @returns a function that authenticates the sender of a request to a tenant's webhook. It throws ApiError
 * `unauthorized`, or `rate_limited` when a network fails too often or too much is in memory; and what `readBody` throws.
 */
export function createWebhookDoor(
  ctx: Context & { frontLimits: FrontLimits },
  bounds: WebhookBounds,
): (req: Request) => Promise<ProvenWebhook> {
  const unproven = createByteBudget(bounds.unproven);
  const proven = createByteBudget(bounds.proven);
  const standIn = {
    auth: webhookAuthSchema.parse({ kind: 'hmac' }) as HmacAuth,
    secrets: [randomBytes(32).toString('hex')],
  };

  return async (req) => {
    const refusal = pause(refusalMs.beforeBody, null, { ref: false });
    const slug = slugSchema.safeParse(req.params.tenant).data ?? null;
    const now = ctx.now();
    // Also a deleted one, unless another has its slug: its assistants send to us until they are given back.
    const tenant = slug === null ? null : await findLastTenant(ctx.store, slug, now - deletedForMs);
    const secrets = tenant ? webhookSecretsOf(ctx.box, tenant, now) : [];
    const auth = tenant?.webhookAuth;
    // An unknown tenant behaves like one with a signature and like one with a token, with a secret that no one knows.
    const tokens = auth?.kind === 'token' ? secrets : standIn.secrets;
    if (presentsToken(req.headers, tokens) && tenant) return byToken(req, tenant, secrets);
    if (!looksSigned(req.headers, now)) return refuse(req, refusal);
    const signer = auth?.kind === 'hmac' ? { auth, secrets } : standIn;
    const body = await bySignature(req, slug ?? '', signer);
    if (!tenant) throw new ApiError('unauthorized');
    return keep(tenant, secrets, body);
  };

  async function byToken(req: Request, tenant: Tenant, secrets: string[]): Promise<ProvenWebhook> {
    const { take, close } = proven.open(tenant.id, '');
    try {
      const body = await readBody(req, { longest: longestBody, take, deadlineMs: null });
      return { tenant, secrets, body, release: close };
    } catch (error) {
      close();
      throw error;
    }
  }

  async function bySignature(req: Request, slug: string, { auth, secrets }: typeof standIn): Promise<Buffer> {
    // By name, so that tenants that do not exist have shares too.
    const { take, close } = unproven.open(slug, senderNetworkOf(req.ip));
    try {
      const body = await readBody(req, { longest: longestBody, take, deadlineMs: bounds.unprovenMs });
      const refusal = pause(refusalMs.afterBody, null, { ref: false });
      const request = {
        method: req.method,
        url: webhookUrlOf(ctx.config.publicUrl, slug),
        headers: req.headers,
        body,
      };
      if (!isSigned(request, auth, secrets, ctx.now())) return await refuse(req, refusal);
      return body;
    } finally {
      close();
    }
  }

  function keep(tenant: Tenant, secrets: string[], body: Buffer): ProvenWebhook {
    const account = proven.open(tenant.id, '');
    if (!account.take(body.length)) throw new ApiError('rate_limited', { retryAfter: 2 });
    return { tenant, secrets, body, release: account.close };
  }

  /**
   * All of Vapi's customers share its addresses, so too many failures only change how a failure is answered: someone
   * else's wrong secret must not block a tenant's reports.
   */
  async function refuse(req: Request, notBefore: Promise<unknown>): Promise<never> {
    letGo(req);
    await notBefore;
    await ctx.frontLimits.failedAuth(req.ip);
    throw new ApiError('unauthorized');
  }
}
