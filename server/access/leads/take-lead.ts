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
  // A flood is refused before it waits for a lock; what counts is decided under it.
  await checkRecent(ctx, ctx.store, tenant, visitorAt(ctx, address));
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
  const { consent, keepDays } = checkTaken(tenant, asked);
  if (await findLead(db, tenant.id, id)) return;
  const now = ctx.now();
  const visitor = visitorAt(ctx, address);
  await checkRecent(ctx, db, tenant, visitor);
  const content: LeadContent = {
    name: asked.name,
    phone: asked.phone ?? null,
    email: asked.email ?? null,
    message: asked.message,
    page: pageOn(origin, asked.page),
    consent: { version: consent.version, text: consent.text },
  };
  const hashOf = (field: 'phone' | 'email') => {
    const text = content[field];
    if (text === null) return null;
    const caller = callerIdOf(text);
    // What could not be found again could not be erased either.
    if (caller === null) throw invalidField(field, 'cannot be read');
    return callerHashes(ctx.keys.caller, tenant.id, caller)[0] ?? null;
  };
  const announcedAt = announcementTime(await lastAnnouncement(db, tenant.id), now);
  await insertLead(db, {
    tenantId: tenant.id,
    id,
    createdAt: now,
    state: 'new',
    reason: asked.reason,
    contentSealed: sealLead(ctx, tenant.id, id, content),
    noteSealed: null,
    phoneHash: hashOf('phone'),
    emailHash: hashOf('email'),
    ...visitor,
    announcedAt,
    expiresAt: now + keepDays * dayMs,
  });
  await raiseLeadNotices(db, tenant, announcedAt, now);
}

function visitorAt({ keys }: Context, address: string | undefined) {
  const site = siteOf(address);
  return {
    visitorNetwork: hashNetwork(keys.network, networkOf(address)),
    visitorSite: site && hashNetwork(keys.network, site),
  };
}

/** @throws ApiError `rate_limited` */
async function checkRecent(
  ctx: Context,
  db: Queries,
  { id: tenantId, leads }: Tenant,
  visitor: ReturnType<typeof visitorAt>,
): Promise<void> {
  const recent = await countRecentLeads(db, { tenantId, ...visitor }, ctx.now());
  if (recent.networkHour >= perNetwork.hour) throw new ApiError('rate_limited', { retryAfter: 3600 });
  if (
    recent.all >= (leads?.perDay ?? 0) ||
    recent.network >= perNetwork.day ||
    recent.site >= perNetwork.day * networksPerSite
  )
    throw new ApiError('rate_limited', { retryAfter: 86_400 });
}

/** Another site's page is not where the visitor was; query and fragment may contain what is no one's business. */
function pageOn(origin: string, page: string | undefined): string | null {
  const url = page === undefined ? null : URL.parse(page);
  return url && url.origin === origin ? `${url.origin}${url.pathname}` : null;
}
