/** The operator's tenants. Secrets go in and never come out. */
import { randomBytes } from 'node:crypto';
import express, { Router } from 'express';
import { z } from 'zod';
import { parseAllowedOrigin } from '../access/allowed-origins.ts';
import { maskSecret } from '../access/secret-box.ts';
import { openTenantSecret, sealTenantSecret, type TenantSecret } from '../access/tenant-secrets.ts';
import type { Context } from '../context.ts';
import { createTenantSchema, type TenantView, type UpdateTenant, updateTenantSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import {
  deleteTenant,
  insertTenant,
  listTenants,
  lockTenant,
  newTenantId,
  type Tenant,
  updateTenant,
} from '../store/tenants.ts';
import { parse } from './parse.ts';
import { tenantNamed } from './tenant-named.ts';

const listQuerySchema = z.strictObject({
  cursor: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

export function tenantRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '64kb' });

  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(listQuerySchema, req.query);
    const tenants = await listTenants(ctx.store, cursor ?? null, limit + 1);
    const page = tenants.slice(0, limit);
    res.json({
      tenants: page.map((tenant) => view(ctx, tenant)),
      nextCursor: tenants.length > limit ? (page.at(-1)?.slug ?? null) : null,
    });
  });

  router.post('/', body, async (req, res) => {
    const { slug, name, orgId, privateKey, publicKey, webhookSecret, assistantId, ...rest } = parse(
      createTenantSchema,
      req.body,
    );
    const id = newTenantId();
    const seal = (secret: TenantSecret, plain: string) => sealTenantSecret(ctx.box, id, secret, plain);
    const generatedSecret = webhookSecret ? null : randomBytes(24).toString('base64url');
    const now = ctx.now();
    const tenant: Tenant = {
      ...rest,
      id,
      slug,
      name,
      orgId,
      assistantId,
      status: 'active',
      generation: 1,
      allowedOrigins: parseOrigins(rest.allowedOrigins),
      privateKeySealed: seal('privateKey', privateKey),
      publicKeySealed: publicKey === null ? null : seal('publicKey', publicKey),
      webhookSecretSealed: seal('webhookSecret', webhookSecret ?? (generatedSecret as string)),
      createdAt: now,
      updatedAt: now,
    };
    checkAccessMode(tenant);
    if (!(await insertTenant(ctx.store, tenant))) {
      throw new ApiError('conflict', { detail: `A tenant "${slug}" exists already.` });
    }
    // The one time it is shown: the operator has to give it to Vapi.
    const shown = generatedSecret
      ? { ...view(ctx, tenant), webhookSecret: generatedSecret }
      : view(ctx, tenant);
    res.status(201).location(`/v1/tenants/${slug}`).json(shown);
  });

  router.get('/:slug', async (req, res) => {
    res.json(view(ctx, await tenantNamed(ctx, req.params.slug)));
  });

  router.patch('/:slug', body, async (req, res) => {
    const changes = parse(updateTenantSchema, req.body);
    const tenant = await change(ctx, req.params.slug, (current) => applyChanges(ctx, current, changes));
    res.json(view(ctx, tenant));
  });

  router.delete('/:slug', async (req, res) => {
    const tenant = await tenantNamed(ctx, req.params.slug);
    await deleteTenant(ctx.store, tenant.id, ctx.now());
    res.status(204).end();
  });

  return router;
}

/** Reads, changes and writes under the tenant's row lock, so that two changes at once both remain. */
async function change(ctx: Context, slug: string, apply: (tenant: Tenant) => Tenant): Promise<Tenant> {
  return ctx.store.transaction().execute(async (db) => {
    const current = await lockTenant(db, slug);
    if (!current) throw new ApiError('not_found');
    const next = { ...apply(current), updatedAt: ctx.now() };
    checkAccessMode(next);
    await updateTenant(db, next);
    return next;
  });
}

function applyChanges(ctx: Context, tenant: Tenant, changes: UpdateTenant): Tenant {
  const { privateKey, publicKey, webhookSecret, allowedOrigins, ...plain } = changes;
  const next = { ...tenant };
  for (const [name, value] of Object.entries(plain)) {
    if (value !== undefined) Object.assign(next, { [name]: value });
  }
  const seal = (secret: TenantSecret, value: string) => sealTenantSecret(ctx.box, tenant.id, secret, value);
  if (privateKey !== undefined) next.privateKeySealed = seal('privateKey', privateKey);
  if (publicKey !== undefined)
    next.publicKeySealed = publicKey === null ? null : seal('publicKey', publicKey);
  if (webhookSecret !== undefined) next.webhookSecretSealed = seal('webhookSecret', webhookSecret);
  if (allowedOrigins !== undefined) next.allowedOrigins = parseOrigins(allowedOrigins);
  return next;
}

/** @throws ApiError `invalid_request`, saying which entry is bad and why */
function parseOrigins(entries: string[]): string[] {
  const parsed = entries.map((entry) => parseAllowedOrigin(entry));
  const errors = parsed.flatMap((result, index) =>
    result.ok ? [] : [{ path: `allowedOrigins.${index}`, message: `"${entries[index]}": ${result.reason}` }],
  );
  if (errors.length > 0) throw new ApiError('invalid_request', { errors });
  return [...new Set(parsed.flatMap((result) => (result.ok ? [result.origin] : [])))];
}

function checkAccessMode(tenant: Tenant): void {
  if (tenant.accessMode === 'public-key' && tenant.publicKeySealed === null) {
    const message = 'is needed for the access mode "public-key"';
    throw new ApiError('invalid_request', { errors: [{ path: 'publicKey', message }] });
  }
}

function view(ctx: Context, tenant: Tenant): TenantView {
  const masked = (secret: TenantSecret) => maskSecret(openTenantSecret(ctx.box, tenant, secret) ?? '');
  return {
    slug: tenant.slug,
    name: tenant.name,
    status: tenant.status,
    orgId: tenant.orgId,
    privateKey: masked('privateKey'),
    publicKey: tenant.publicKeySealed === null ? null : masked('publicKey'),
    assistantId: tenant.assistantId,
    accessMode: tenant.accessMode,
    allowedOrigins: tenant.allowedOrigins,
    modes: tenant.modes,
    appearance: tenant.appearance,
    texts: tenant.texts,
    allowedVariables: tenant.allowedVariables,
    limits: tenant.limits,
    timeZone: tenant.timeZone,
    webhookSecret: masked('webhookSecret'),
    webhookUrl: `${ctx.config.publicUrl}/v1/webhooks/vapi/${tenant.slug}`,
    createdAt: new Date(tenant.createdAt).toISOString(),
    updatedAt: new Date(tenant.updatedAt).toISOString(),
  };
}
