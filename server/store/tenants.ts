import { randomBytes } from 'node:crypto';
import type { Insertable, Selectable } from 'kysely';
import { dayMs } from '../base/time-zone.ts';
import { defaultLimits, type TenantView } from '../contract.ts';
import type { Queries } from './database.ts';
import { prepared } from './prepared.ts';
import type { TenantsTable } from './schema.ts';
import { searchTextOf } from './search-text.ts';

/** The settings that no query filters by, with their defaults; stored as one JSON text. */
export const defaultSettings = {
  allowedOrigins: [],
  allowHttpOrigins: false,
  bindSessionToNetwork: true,
  challenge: 'none',
  beforeCall: null,
  alerts: null,
  modes: ['voice'],
  appearance: {},
  texts: {},
  consent: null,
  rejoinCalls: false,
  webCallsWithoutGrant: 'auto',
  phoneCalls: 'keep',
  phoneRefusal: {
    say: 'Sorry, we cannot take your call at the moment. Please try again later.',
    transferTo: null,
  },
  allowedVariables: [],
  pageContext: false,
  pageTools: [],
  clientAccess: {},
  contentRetentionDays: null,
  results: { summary: false, outputs: [] },
  leads: null,
  limits: defaultLimits,
  webhookAuth: { kind: 'token' },
  assistantIds: [],
  siteAssistantIds: [],
  webhookForwardUrl: null,
} as const satisfies Partial<TenantView>;
/** A tenant gets its own copy, since what is read is changed and saved again. */
const defaultsText = JSON.stringify(defaultSettings);
const settingNames = Object.keys(defaultSettings) as (keyof typeof defaultSettings)[];

export type TenantSettings = Pick<TenantView, keyof typeof defaultSettings>;

/** A tenant as the server works with it; its secrets stay sealed. */
export interface Tenant
  extends Omit<Selectable<TenantsTable>, 'settings' | 'startLock' | 'searchText' | 'wholeOrg' | 'squads'>,
    TenantSettings {
  wholeOrg: boolean;
  /** The id of each squad among its assistants -> its saved members, as Vapi last said. */
  squads: Record<string, string[]>;
}

/** A deleted tenant's last calls are still reported, and their costs still change, for this long. */
export const deletedForMs = 3 * dayMs;

export function newTenantId(): string {
  return `ten_${randomBytes(12).toString('base64url')}`;
}

/** @returns false when another tenant has the slug */
export async function insertTenant(db: Queries, tenant: Tenant): Promise<boolean> {
  const result = await db
    .insertInto('tenants')
    .values({ ...toRow(tenant), startLock: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

export async function updateTenant(db: Queries, tenant: Tenant): Promise<void> {
  await db.updateTable('tenants').set(toRow(tenant)).where('id', '=', tenant.id).execute();
}

/** The tenant's calls, usage and invoices stay; its slug becomes free. */
export async function deleteTenant(db: Queries, id: string, nowMs: number): Promise<void> {
  const gone = { deletedAt: nowMs, status: 'paused', pausedUnpaidAt: null } as const;
  await db.updateTable('tenants').set(gone).where('id', '=', id).execute();
}

/** Keeps the first page; of two at once, one. */
export async function noteSnippetSeen(db: Queries, id: string, origin: string, nowMs: number): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ snippetSeenAt: nowMs, snippetSeenOn: origin })
    .where('id', '=', id)
    .where('snippetSeenAt', 'is', null)
    .execute();
}

/** Keeps the first time. */
export async function noteInvited(db: Queries, id: string, nowMs: number): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ invitedAt: nowMs })
    .where('id', '=', id)
    .where('invitedAt', 'is', null)
    .execute();
}

/** Ids of those paused only because of unpaid invoices. */
export async function listPausedUnpaid(db: Queries): Promise<string[]> {
  const rows = await db.selectFrom('tenants').select('id').where('pausedUnpaidAt', 'is not', null).execute();
  return rows.map(({ id }) => id);
}

/** How the operator addresses a tenant: by its slug; once it is deleted, by its id, since the slug may be reused. */
export function handleOf({ id, slug, deletedAt }: Pick<Tenant, 'id' | 'slug' | 'deletedAt'>): string {
  return deletedAt === null ? slug : id;
}

export async function findTenant(db: Queries, slug: string): Promise<Tenant | null> {
  const { rows } = await selectBySlug(db, { slug });
  return rows[0] ? fromRow(rows[0]) : null;
}

const selectBySlug = prepared((db, { slug }: Pick<Tenant, 'slug'>) =>
  db.selectFrom('tenants').selectAll().where('slug', '=', slug).where('deletedAt', 'is', null),
);

/** Also finds the last deleted tenant with the slug, if deleted since then and no other tenant has the slug. */
export async function findLastTenant(
  db: Queries,
  slug: string,
  deletedSinceMs: number,
): Promise<Tenant | null> {
  const existing = await findTenant(db, slug);
  if (existing) return existing;
  const row = await db
    .selectFrom('tenants')
    .selectAll()
    .where('slug', '=', slug)
    .where('deletedAt', '>', deletedSinceMs)
    .orderBy('deletedAt', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** Also finds a deleted one, whose last calls must still be booked. */
export async function findTenantById(db: Queries, id: string): Promise<Tenant | null> {
  const row = await db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** A deleted one is found by its id only; see `handleOf`. */
export async function findTenantByHandle(db: Queries, handle: string): Promise<Tenant | null> {
  return handle.startsWith('ten_') ? findTenantById(db, handle) : findTenant(db, handle);
}

/** Tenants that may have recent calls: all existing ones, and those deleted since then. By id, from after `after`. */
export async function listTenantsToSweep(
  db: Queries,
  deletedSinceMs: number,
  after: string,
  limit: number,
): Promise<Tenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .selectAll()
    .where('id', '>', after)
    .where((expression) =>
      expression.or([expression('deletedAt', 'is', null), expression('deletedAt', '>', deletedSinceMs)]),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Tenants with the org, including those deleted since then; oldest first. */
export async function listTenantsOfOrg(
  db: Queries,
  orgId: string,
  deletedSinceMs: number,
): Promise<Tenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .selectAll()
    .where('orgId', '=', orgId)
    .where((expression) =>
      expression.or([expression('deletedAt', 'is', null), expression('deletedAt', '>', deletedSinceMs)]),
    )
    .orderBy('createdAt')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** By slug, from the one after `after`. */
export async function listTenants(db: Queries, after: string | null, limit: number): Promise<Tenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .selectAll()
    .where('deletedAt', 'is', null)
    .$if(after !== null, (query) => query.where('slug', '>', after as string))
    .orderBy('slug')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Tenants that can still be billed: all existing ones, and those deleted since then. By slug, from after `after`. */
export async function listTenantsToBill(
  db: Queries,
  deletedSinceMs: number,
  after: { slug: string; id: string } | null,
  limit: number,
): Promise<Tenant[]> {
  let query = db
    .selectFrom('tenants')
    .selectAll()
    .where((expression) =>
      expression.or([expression('deletedAt', 'is', null), expression('deletedAt', '>=', deletedSinceMs)]),
    );
  if (after) {
    query = query.where((expression) =>
      expression(expression.refTuple('slug', 'id'), '>', expression.tuple(after.slug, after.id)),
    );
  }
  return (await query.orderBy('slug').orderBy('id').limit(limit).execute()).map(fromRow);
}

/** Deleted tenants, the last deleted first, from the one after `after`. */
export async function listDeletedTenants(
  db: Queries,
  after: { deletedAt: number; id: string } | null,
  limit: number,
): Promise<Tenant[]> {
  let query = db.selectFrom('tenants').selectAll().where('deletedAt', 'is not', null);
  if (after) {
    query = query.where((expression) =>
      expression(expression.refTuple('deletedAt', 'id'), '<', expression.tuple(after.deletedAt, after.id)),
    );
  }
  return (await query.orderBy('deletedAt', 'desc').orderBy('id', 'desc').limit(limit).execute()).map(fromRow);
}

/**
 * Stops or allows calls; pausing also invalidates what was issued before.
 * @param pausedUnpaidAt set if unpaid invoices are the reason
 */
export async function setTenantStatus(
  db: Queries,
  id: string,
  status: Tenant['status'],
  nowMs: number,
  pausedUnpaidAt: number | null = null,
): Promise<void> {
  await db
    .updateTable('tenants')
    .set((expression) => ({
      status,
      pausedUnpaidAt,
      updatedAt: nowMs,
      ...(status === 'paused' ? { generation: expression('generation', '+', 1) } : {}),
    }))
    .where('id', '=', id)
    .execute();
}

/**
 * Until this transaction ends, no other starts calls for the tenant.
 * @returns the tenant as it is now; null when it is paused, gone, or was paused since the session was issued
 */
export async function lockForStart(db: Queries, id: string, generation: number): Promise<Tenant | null> {
  const row = await db
    .updateTable('tenants')
    .set((expression) => ({ startLock: expression('startLock', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'active')
    .where('generation', '=', generation)
    .where('deletedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** As `lockForStart`, of any tenant, deleted ones too. */
export async function lockStarts(db: Queries, id: string): Promise<void> {
  await db
    .updateTable('tenants')
    .set((expression) => ({ startLock: expression('startLock', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Whether what was issued in that generation is still valid: the tenant exists, is active and was not paused since. */
export async function isOpenSince(db: Queries, id: string, generation: number): Promise<boolean> {
  const row = await db
    .selectFrom('tenants')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'active')
    .where('generation', '=', generation)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Reads the tenant; until this transaction ends, no other changes it or starts a call. */
export async function lockTenant(db: Queries, slug: string): Promise<Tenant | null> {
  const row = await db
    .updateTable('tenants')
    .set((expression) => ({ startLock: expression('startLock', '+', 1) }))
    .where('slug', '=', slug)
    .where('deletedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ? fromRow(row) : null;
}

export function settingsOf(tenant: Tenant): TenantSettings {
  return Object.fromEntries(settingNames.map((name) => [name, tenant[name]])) as unknown as TenantSettings;
}

function toRow(tenant: Tenant): Omit<Insertable<TenantsTable>, 'startLock'> {
  const columns: Record<string, unknown> = { ...tenant };
  for (const name of settingNames) delete columns[name];
  const { wholeOrg, squads, ...rest } = columns as unknown as Omit<Tenant, keyof TenantSettings>;
  return {
    ...rest,
    searchText: searchTextOf(tenant),
    wholeOrg: wholeOrg ? 1 : 0,
    squads: JSON.stringify(squads),
    settings: JSON.stringify(settingsOf(tenant)),
  };
}

function fromRow(row: Selectable<TenantsTable>): Tenant {
  const { settings, startLock: _startLock, searchText: _searchText, wholeOrg, squads, ...columns } = row;
  return {
    ...columns,
    // A tenant may have been saved before a setting existed.
    ...(JSON.parse(defaultsText) as typeof defaultSettings),
    ...(JSON.parse(settings) as TenantSettings),
    wholeOrg: wholeOrg === 1,
    squads: JSON.parse(squads) as Tenant['squads'],
  };
}
