/** Plans, accounts, prepaid credit and the preview of a month. A client can read its own terms, never the markup. */
import express, { Router } from 'express';
import { iso } from '../base/iso.ts';
import { dayIn, dayMs, monthIn } from '../base/time-zone.ts';
import { accountOf } from '../billing/books/month-document.ts';
import { bookCredit } from '../billing/books/prepaid.ts';
import { previewMonth } from '../billing/books/preview.ts';
import { setAccount, setSeller } from '../billing/books/seller.ts';
import { marginOf, simulate } from '../billing/month/margin.ts';
import { termsOf } from '../billing/plan/line-text.ts';
import { monthPeriod } from '../billing/plan/period.ts';
import { currencyOf } from '../billing/plan/plan.ts';
import { setPlan } from '../billing/plan/plan-changes.ts';
import type { Context } from '../context.ts';
import {
  billingAccountSchema,
  bookCreditSchema,
  type DeletedTenant,
  type MarginAnswer,
  type MarginRow,
  marginQuerySchema,
  type PlanPreset,
  type PlanSetAnswer,
  type PlanVersionView,
  pageQuerySchema,
  planPresets,
  planSchema,
  previewQuerySchema,
  sellerSchema,
  setPlanSchema,
  simulateSchema,
  tenantMarginQuerySchema,
} from '../contract.ts';
import { ApiError, toApiError } from '../errors.ts';
import { findBillingAccount, findSeller } from '../store/billing-accounts.ts';
import { creditBalance, listCredits } from '../store/credits.ts';
import { listPlanVersions } from '../store/plans.ts';
import { findTenantById, handleOf, listDeletedTenants, listTenantsToBill } from '../store/tenants.ts';
import { actorIn, billedTenant, seesProviderCost } from './caller.ts';
import { readPage, strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function billingRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '64kb' });

  router.get('/:slug/plan', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const versions = await listPlanVersions(ctx.store, tenant.id);
    const today = dayIn(tenant.timeZone, ctx.now());
    const begun = versions.filter(({ fromDay }) => fromDay <= today);
    // Of several from the same day, the latest.
    const current = begun.reduce<(typeof begun)[number] | null>(
      (best, version) => (best && best.fromDay > version.fromDay ? best : version),
      null,
    );
    if (!seesProviderCost(res)) {
      res.json({ current: current?.plan ? termsOf(current.id, current.plan) : null });
      return;
    }
    const view = ({ id, fromDay, plan }: (typeof versions)[number]): PlanVersionView => ({
      id,
      from: fromDay,
      plan,
    });
    const terms = current?.plan ? { terms: termsOf(current.id, current.plan).terms } : {};
    res.json({ current: current && { ...view(current), ...terms }, versions: versions.map(view) });
  });

  router.put('/:slug/plan', body, async (req, res) => {
    const { plan, from, backdate } = parse(setPlanSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    const day = from ?? dayIn(tenant.timeZone, ctx.now());
    const change = { plan, fromDay: day, isConfirmed: backdate };
    const { version, cancelled } = await setPlan(ctx, tenant, change, actorIn(req, res));
    const { id, fromDay, plan: held } = version;
    const ended = cancelled.length > 0 ? { cancelled } : {};
    res.json({ id, from: fromDay, plan: held, ...ended } satisfies PlanSetAnswer);
  });

  router.get('/:slug/preview', async (req, res) => {
    const { period } = parse(previewQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const month = period ?? monthIn(tenant.timeZone, ctx.now());
    res.json(await previewMonth(ctx.store, tenant, month, ctx.now()));
  });

  router.get('/:slug/margin', async (req, res) => {
    const { month } = parse(tenantMarginQuerySchema, req.query);
    res.json(await marginOf(ctx.store, await billedTenant(ctx, req, res), month));
  });

  router.post('/:slug/simulate', body, async (req, res) => {
    const { month, plan } = parse(simulateSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    res.json(await simulate(ctx.store, tenant, month, plan));
  });

  router.get('/:slug/billing', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const stored = await findBillingAccount(ctx.store, tenant.id);
    res.json({
      ...(await accountOf(ctx.store, tenant)),
      ...(stored?.stripeCustomerId ? { stripeCustomerId: stored.stripeCustomerId } : {}),
    });
  });

  router.put('/:slug/billing', body, async (req, res) => {
    const account = parse(billingAccountSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    await setAccount(ctx, tenant, account, actorIn(req, res));
    res.json(account);
  });

  router.get('/:slug/credits', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const currency = currencyOf(await listPlanVersions(ctx.store, tenant.id)) ?? 'usd';
    const rows = await listCredits(ctx.store, tenant.id, 200);
    res.json({
      currency,
      balanceCents: await creditBalance(ctx.store, tenant.id, currency),
      entries: rows.map(({ id, at, kind, amountCents, invoiceId, note }) => ({
        ...{ id, kind, amountCents, invoiceId, note },
        at: iso(at),
      })),
    });
  });

  router.post('/:slug/credits', body, async (req, res) => {
    const entry = parse(bookCreditSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    res.status(201).json(await bookCredit(ctx, tenant, entry, actorIn(req, res)));
  });

  return router;
}

/** The operator's billing as a whole. */
export function operatorBillingRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });

  router.get('/seller', async (_req, res) => {
    const seller = await findSeller(ctx.store);
    if (!seller) throw new ApiError('not_found');
    res.json(seller);
  });

  router.put('/seller', body, async (req, res) => {
    const seller = parse(sellerSchema, req.body);
    await setSeller(ctx.store, seller, actorIn(req, res), ctx.now());
    res.json(seller);
  });

  router.get('/presets', (_req, res) => {
    const presets: PlanPreset[] = planPresets.map(({ plan, ...preset }) => ({
      ...preset,
      plan: planSchema.parse(plan),
    }));
    res.json({ presets });
  });

  router.get('/deleted-tenants', async (req, res) => {
    const query = parse(pageQuerySchema, req.query);
    const { page, nextCursor } = await readPage(query, 'deletedAt', (after, limit) =>
      listDeletedTenants(ctx.store, after, limit),
    );
    const tenants: DeletedTenant[] = page.map(({ id, slug, name, timeZone, deletedAt }) => ({
      ...{ id, slug, name, timeZone },
      deletedAt: iso(deletedAt ?? 0),
    }));
    res.json({ tenants, nextCursor });
  });

  router.get('/margin', async (req, res) => {
    const { month, cursor, limit } = parse(marginQuerySchema, req.query);
    const after = cursor === undefined ? null : await findTenantById(ctx.store, cursor);
    if (cursor !== undefined && !after) throw strangeCursor();
    // One day earlier, because a month may begin earlier than in UTC.
    const monthStart = Date.parse(monthPeriod(month).from) - dayMs;
    const tenants = await listTenantsToBill(ctx.store, monthStart, after, limit + 1);
    const page = tenants.slice(0, limit);
    const rows: MarginRow[] = [];
    const leftOut: MarginAnswer['leftOut'] = [];
    for (const tenant of page) {
      try {
        rows.push(await marginOf(ctx.store, tenant, month));
      } catch (error) {
        const { code, message: problem } = toApiError(error);
        if (code === 'internal_error') req.log.error({ err: error, tenant: tenant.slug }, 'no margin');
        leftOut.push({ tenant: handleOf(tenant), problem });
      }
    }
    const nextCursor = tenants.length > limit ? (page.at(-1)?.id ?? null) : null;
    res.json({ rows, leftOut, nextCursor } satisfies MarginAnswer);
  });

  return router;
}
