/** Delivers notices: signed webhook and e-mail, each retried with growing pauses until accepted or given up. */
import { outsideOrListed } from '../../base/outside.ts';
import { growingPauses } from '../../base/pauses.ts';
import { startSharedWorker } from '../../base/shared-worker.ts';
import type { Worker } from '../../base/worker.ts';
import type { Secrets } from '../../config.ts';
import type { Context } from '../../context.ts';
import { type Notice, saveNoticeProgress, takeDueNotice } from '../../store/notices.ts';
import { findTenantById, type Tenant } from '../../store/tenants.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';
import { postHook } from './hooks.ts';
import { leadMail, leadsIn } from './lead-notices.ts';
import { sendMail } from './mail.ts';
import { noticeText } from './notice-text.ts';
import { addresseesOf, balancesOf } from './notices.ts';

type MailContext = Context & { smtp: Secrets['smtp'] };

const pollMs = 2000;
const mostAtOnce = 8;
/** Should the process die; longer than both ways together take. */
const leaseMs = 60_000;
/** 10 s, 20 s, 40 s, … up to an hour; given up after 12 attempts (about four hours). */
const maxAttempts = 12;
const pauseAfter = growingPauses(10_000, 3_600_000);

export function startNoticeDelivery(ctx: MailContext): Worker {
  return startSharedWorker<Notice>(ctx.log, {
    atOnce: mostAtOnce,
    each: 1,
    pauseMs: pollMs,
    takeDue: (closedTo) => takeDueNotice(ctx.store, ctx.now(), ctx.now() + leaseMs, closedTo),
    work: (notice) => deliver(ctx, notice),
  });
}

/** @returns whether there was one to deliver */
export async function deliverNext(ctx: MailContext): Promise<boolean> {
  const notice = await takeDueNotice(ctx.store, ctx.now(), ctx.now() + leaseMs);
  if (notice) await deliver(ctx, notice);
  return notice !== null;
}

/** @returns whether nothing of it is pending */
async function deliver(ctx: MailContext, notice: Notice): Promise<boolean> {
  const now = ctx.now();
  const tenant = await findTenantById(ctx.store, notice.tenantId);
  const { url, email } = tenant ? await addresseesOf(ctx.store, tenant, notice.kind) : {};
  const progress = { urlPending: notice.urlPending, emailPending: notice.emailPending };
  if (!tenant || !url || (await attempt(ctx, notice, () => sendWebhook(ctx, tenant, url, notice)))) {
    progress.urlPending = 0;
  }
  if (!tenant || !email || (await attempt(ctx, notice, () => sendEmail(ctx, tenant, email, notice)))) {
    progress.emailPending = 0;
  }
  const done = progress.urlPending + progress.emailPending === 0;
  const nextAttemptAt = !done && notice.attempts < maxAttempts ? now + pauseAfter(notice.attempts) : null;
  await saveNoticeProgress(ctx.store, notice.id, { ...progress, nextAttemptAt });
  return done;
}

async function attempt(ctx: Context, notice: Notice, send: () => Promise<void>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    ctx.log.warn({ err: error, notice: notice.id, attempt: notice.attempts }, 'notice not delivered');
    return false;
  }
}

async function sendWebhook(ctx: Context, tenant: Tenant, url: string, notice: Notice): Promise<void> {
  if (!notice.urlPending) return;
  const body = await bodyOf(ctx, notice);
  if (!body) return;
  await postHook({
    url,
    secret: openTenantSecret(ctx.box, tenant, 'hookSecret'),
    id: notice.id,
    body,
    timeoutMs: 10_000,
    nowMs: ctx.now(),
    outside: outsideOrListed(ctx.config),
  });
}

/** What leads say is read when it is sent, and is in no notice. @returns null when all of them were deleted meanwhile */
async function bodyOf(ctx: Context, notice: Notice): Promise<object | null> {
  const body = JSON.parse(notice.payload) as { data: object };
  if (notice.kind !== 'lead-sent') return body;
  const leads = await leadsIn(ctx, notice);
  return leads.length === 0 ? null : { ...body, data: { ...body.data, leads } };
}

async function sendEmail(ctx: MailContext, tenant: Tenant, to: string, notice: Notice): Promise<void> {
  // A seller's address on its invoices does not mean that mail can be sent from here.
  if (!notice.emailPending || (!tenant.alerts && !ctx.smtp)) return;
  if (notice.kind === 'lead-sent') return sendLeads(ctx, tenant, to, notice);
  const { data } = JSON.parse(notice.payload) as { data: Record<string, unknown> };
  const balance = (await balancesOf(ctx.store, [notice])).get(notice.id) ?? null;
  const { title, text } = noticeText(notice.kind, notice.period, data, balance);
  await sendMail(ctx.smtp, {
    to,
    subject: `${tenant.name}: ${title}`,
    // A deleted tenant's slug may have been reused.
    text: `${text}\n\n${ctx.config.publicUrl}/portal/#/tenants/${tenant.deletedAt === null ? tenant.slug : tenant.id}\n`,
  });
}

async function sendLeads(ctx: MailContext, tenant: Tenant, to: string, notice: Notice): Promise<void> {
  const leads = await leadsIn(ctx, notice);
  if (leads.length === 0) return;
  const { subject, text } = leadMail(leads, `${ctx.config.publicUrl}/portal/`);
  await sendMail(ctx.smtp, { to, subject: `${tenant.name}: ${subject}`, text: `${text}\n` });
}
