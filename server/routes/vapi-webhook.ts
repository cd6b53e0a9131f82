/** What Vapi tells us of a tenant's calls. 200 means: it is in the ledger and survives a crash. */
import express, { Router } from 'express';
import { endLiveCall } from '../access/end-call.ts';
import { openTenantSecret } from '../access/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { slugSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { ingestCallEvent } from '../metering/ingest.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { readServerMessage } from '../vapi/messages.ts';
import { isFromVapi } from '../vapi/webhook-auth.ts';
import { parseJsonText } from './parse.ts';

export function vapiWebhookRoutes(ctx: Context): Router {
  const router = Router();
  // A report holds the whole conversation and the assistant with its prompt. The secret is checked before the body is
  // read, so that only Vapi can make us read that much.
  const body = express.text({ type: () => true, limit: '5mb' });

  router.post(
    '/:tenant',
    async (req, res, next) => {
      await ctx.frontLimits.failedAuth.check(req.ip);
      const slug = slugSchema.safeParse(req.params.tenant);
      const tenant = slug.success ? await findTenant(ctx.store, slug.data) : null;
      const secret = tenant && openTenantSecret(ctx.box, tenant, 'webhookSecret');
      if (!tenant || !secret || !isFromVapi(req.headers, secret)) {
        await ctx.frontLimits.failedAuth.count(req.ip);
        throw new ApiError('unauthorized');
      }
      res.locals.tenant = tenant;
      next();
    },
    body,
    async (req, res) => {
      const tenant = res.locals.tenant as Tenant;
      const now = ctx.now();
      const message = readServerMessage(parseJsonText(req.body), now);
      if (!message) throw new ApiError('invalid_request', { detail: 'The body is not a server message.' });
      req.log.info(
        { tenant: tenant.slug, message: message.type, call: message.event?.callId },
        'vapi webhook',
      );
      if (message.event) {
        const { row, usageChanged, unwanted } = await ingestCallEvent(
          ctx.store,
          ctx.box,
          tenant,
          message.event,
          now,
        );
        if (usageChanged) ctx.onCallBooked(tenant, row);
        if (unwanted) endInBackground(ctx, tenant, row.id);
      }
      res.json({});
    },
  );
  return router;
}

/** A call that began although the tenant was paused (with a key issued before): Vapi need not wait for its end. */
function endInBackground(ctx: Context, tenant: Tenant, callId: string): void {
  ctx.log.warn({ tenant: tenant.slug, call: callId }, 'ending a call that a pause has made unwanted');
  ctx.background(endLiveCall(ctx, tenant.id, callId));
}
