/**
 * A visitor leaves a message because no one can talk to it: protected like a start, but open exactly when a start is
 * refused. It costs no provider's money; what it could fill is the store and the client's mailbox, so it is limited.
 */

import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { LeadContent, LeadRequest } from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import { callerIdOf } from '../../ledger/caller-id.ts';
import type { Queries } from '../../store/database.ts';
import { countRecentLeads, findLead, insertLead, lastAnnouncement } from '../../store/leads.ts';
import { lockTenant, type Tenant } from '../../store/tenants.ts';
import { callerHashes } from '../identity/caller-hashes.ts';
import { hashNetwork, networkOf, networksPerSite, siteOf } from '../identity/visitor-network.ts';
import { announcementTime, raiseLeadNotices } from '../notices/lead-notices.ts';
import { sealLead } from '../secrets/lead-content.ts';
import { checkChallenge } from '../start/challenge.ts';

/** Of one network: an office behind one address has more than one visitor, but none needs many. */
const perNetwork = { hour: 5, day: 10 };

/**
 * Sent again, as after a lost answer, it is still one lead.
 * @param origin of the page, which was admitted
 * @param address of the visitor
 * @throws ApiError `not_found` when the tenant takes none; `invalid_request` with another consent than the current one;
 * `challenge_required`, `rate_limited`
 */
export async function takeLead(
  ctx: Context,
  tenant: Tenant,
  origin: string,
  address: string | undefined,
  asked: LeadRequest,
): Promise<void> {
  checkTaken(tenant, asked);
  const id = `lead_${asked.id}`;
  // Before the challenge, which the first attempt has used up.
  if (await findLead(ctx.store, tenant.id, id)) return;
  await checkChallenge(ctx, tenant, origin, asked.challenge);
  await ctx.store.transaction().execute(async (db) => {
    // Of two at once, the second counts the first.
    const current = await lockTenant(db, tenant.slug);
    if (current?.id !== tenant.id) throw new ApiError('origin_not_allowed');
    await insert(ctx, db, current, { id, asked, origin, address });
  });
}

/** @returns its settings */
function checkTaken({ leads }: Tenant, { consent }: LeadRequest) {
  if (!leads) throw new ApiError('not_found', { detail: 'This agent takes no messages.' });
  if (consent !== leads.consent.version)
    throw invalidField('consent', `must be the version of the current text, "${leads.consent.version}"`);
  return leads;
}

interface Left {
  id: string;
  asked: LeadRequest;
  origin: string;
  address: string | undefined;
}

async function insert(
  ctx: Context,
  db: Queries,
  tenant: Tenant,
  { id, asked, origin, address }: Left,
): Promise<void> {
  const { consent, perDay, keepDays } = checkTaken(tenant, asked);
  const now = ctx.now();
  const site = siteOf(address);
  const visitor = {
    visitorNetwork: hashNetwork(ctx.keys.network, networkOf(address)),
    visitorSite: site && hashNetwork(ctx.keys.network, site),
  };
  const recent = await countRecentLeads(db, { tenantId: tenant.id, ...visitor }, now);
  if (recent.networkHour >= perNetwork.hour) throw new ApiError('rate_limited', { retryAfter: 3600 });
  if (
    recent.all >= perDay ||
    recent.network >= perNetwork.day ||
    recent.site >= perNetwork.day * networksPerSite
  )
    throw new ApiError('rate_limited', { retryAfter: 86_400 });
  const content: LeadContent = {
    name: asked.name,
    phone: asked.phone ?? null,
    email: asked.email ?? null,
    message: asked.message,
    page: pageOn(origin, asked.page),
    consent: { version: consent.version, text: consent.text },
  };
  const hashOf = (text: string | null) => {
    const caller = text === null ? null : callerIdOf(text);
    return caller === null ? null : (callerHashes(ctx.keys.caller, tenant.id, caller)[0] ?? null);
  };
  const announcedAt = announcementTime(await lastAnnouncement(db, tenant.id), now);
  const isNew = await insertLead(db, {
    tenantId: tenant.id,
    id,
    createdAt: now,
    state: 'new',
    reason: asked.reason,
    contentSealed: sealLead(ctx, tenant.id, id, content),
    noteSealed: null,
    phoneHash: hashOf(content.phone),
    emailHash: hashOf(content.email),
    ...visitor,
    announcedAt,
    expiresAt: now + keepDays * dayMs,
  });
  if (isNew) await raiseLeadNotices(db, tenant, announcedAt, now);
}

/** Another site's page is not where the visitor was; query and fragment may hold what is nobody's business. */
function pageOn(origin: string, page: string | undefined): string | null {
  const url = page === undefined ? null : URL.parse(page);
  return url && url.origin === origin ? `${url.origin}${url.pathname}` : null;
}
