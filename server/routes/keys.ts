/** API keys of the operator and its clients. A key is shown once, when it is made. */

import express, { Router } from 'express';
import { recordChange } from '../access/audit.ts';
import { newApiKey } from '../access/identity/api-key.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import { createKeySchema, type KeyView, pageQuerySchema, type Scope } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { type ApiKeyRow, insertApiKey, listApiKeys, revokeApiKey } from '../store/api-keys.ts';
import { findTenant } from '../store/tenants.ts';
import { callerIn } from './caller.ts';
import { cutPage, readCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function keyRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(pageQuerySchema, req.query);
    const after = readCursor(cursor);
    const rows = await listApiKeys(ctx.store, after && { createdAt: after.time, id: after.id }, limit + 1);
    const { page, nextCursor } = cutPage(rows, limit, (row) => ({ time: row.createdAt, id: row.id }));
    res.json({ keys: page.map(view), nextCursor });
  });

  router.post('/', express.json({ limit: '16kb' }), async (req, res) => {
    const input = parse(createKeySchema, req.body);
    const tenant = input.tenant ? await findTenant(ctx.store, input.tenant) : null;
    if (input.tenant && !tenant) {
      throw new ApiError('invalid_request', {
        errors: [{ path: 'tenant', message: 'there is no such tenant' }],
      });
    }
    if (tenant && input.scopes.includes('write')) {
      throw new ApiError('invalid_request', {
        errors: [{ path: 'scopes', message: 'a client’s key can only read' }],
      });
    }
    const now = ctx.now();
    const { id, key, hash, last4 } = newApiKey();
    const row = {
      id,
      tenantId: tenant?.id ?? null,
      name: input.name,
      hash,
      last4,
      scopes: JSON.stringify(input.scopes),
      createdAt: now,
      expiresAt: input.expiresAt ? Date.parse(input.expiresAt) : null,
      lastUsedAt: null,
      revokedAt: null,
    };
    if (row.expiresAt !== null && row.expiresAt <= now) {
      throw new ApiError('invalid_request', {
        errors: [{ path: 'expiresAt', message: 'must be in the future' }],
      });
    }
    const shown = view({ ...row, tenant: tenant?.slug ?? null });
    await ctx.store.transaction().execute(async (db) => {
      await insertApiKey(db, row);
      const change = {
        actor: callerIn(res).actor,
        action: 'key.create',
        tenant: shown.tenant,
        before: null,
        after: shown,
      };
      await recordChange(db, { ...change, requestId: String(req.id) }, now);
    });
    res.status(201).json({ ...shown, key });
  });

  router.delete('/:id', async (req, res) => {
    const now = ctx.now();
    await ctx.store.transaction().execute(async (db) => {
      if (!(await revokeApiKey(db, req.params.id, now))) throw new ApiError('not_found');
      const before = { id: req.params.id };
      const change = { actor: callerIn(res).actor, action: 'key.revoke', tenant: null, before, after: null };
      await recordChange(db, { ...change, requestId: String(req.id) }, now);
    });
    res.status(204).end();
  });

  return router;
}

function view(row: ApiKeyRow): KeyView {
  return {
    id: row.id,
    name: row.name,
    tenant: row.tenant,
    scopes: JSON.parse(row.scopes) as Scope[],
    key: `…${row.last4}`,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    lastUsedAt: iso(row.lastUsedAt),
    revokedAt: iso(row.revokedAt),
  };
}
