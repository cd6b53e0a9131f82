/** Leads are announced at once; many within minutes, together: one notice now, and one ten minutes later. */
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { LeadReason, LeadView } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { listAnnounced } from '../../store/leads.ts';
import type { Notice } from '../../store/notices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { viewLead } from '../secrets/lead-content.ts';
import { raiseNotice } from './notices.ts';

const windowMs = 600_000;
/** A notice that is due within this time may be on its way already, by another process's clock. */
const lateMs = 60_000;

/** @param last when the latest notice is or was due @returns when the one that names a lead of now is due */
export function announcementTime(last: number | null, nowMs: number): number {
  if (last === null || last + windowMs <= nowMs) return nowMs;
  return last > nowMs + lateMs ? last : last + windowMs;
}

/** One for the operator and one for the client, each if it wants them; further leads at the same time add nothing. */
export async function raiseLeadNotices(
  db: Queries,
  tenant: Tenant,
  announcedAt: number,
  nowMs: number,
): Promise<void> {
  for (const kind of ['lead-left', 'lead-sent'] as const)
    await raiseNotice(db, tenant, { kind, period: iso(announcedAt), data: {}, dueAt: announcedAt }, nowMs);
}

/** More than a tenant can get in the time of one notice. */
const most = 400;

/** What a notice to the client sends along; those that were deleted meanwhile are not among them. */
export async function leadsIn(ctx: Context, notice: Notice): Promise<LeadView[]> {
  const announcedAt = Date.parse(notice.period);
  // Another process, whose clock is behind, may have taken one after the first.
  const from = notice.createdAt - lateMs;
  const rows = await listAnnounced(ctx.store, notice.tenantId, from, announcedAt, most);
  return rows.map((row) => viewLead(ctx, row));
}

const reasons: Record<LeadReason, string> = {
  'outside-hours': 'outside the opening hours',
  paused: 'while the agent was paused',
  limit: 'when the limit for calls was reached',
  busy: 'while all lines were busy',
  microphone: 'without a usable microphone',
  failure: 'after a call that failed',
};
const mostInMail = 20;

/** The e-mail to the client. @param portal where it finds them */
export function leadMail(leads: LeadView[], portal: string): { subject: string; text: string } {
  const pieces = leads.slice(0, mostInMail).map(({ at, reason, content }) => {
    if (!content) return `${at}: this one can only be read in the portal.`;
    const { name, phone, email, message, page } = content;
    return [
      `${name}, ${reasons[reason]}`,
      ...(phone ? [`Phone: ${phone}`] : []),
      ...(email ? [`E-mail: ${email}`] : []),
      ...(page ? [`Page: ${page}`] : []),
      `Sent: ${at.slice(0, 16).replace('T', ' ')} UTC`,
      ...(message ? ['', message] : []),
    ].join('\n');
  });
  const more = leads.length - pieces.length;
  return {
    subject: leads.length === 1 ? 'a visitor left a message' : `visitors left ${leads.length} messages`,
    text: [
      'Left on your website, in the visitors’ own words:',
      ...pieces,
      ...(more > 0 ? [`There are ${more} more.`] : []),
      `All of them: ${portal}`,
    ].join('\n\n----\n\n'),
  };
}
