/** What was changed and by whom, newest first. */

import { Router } from 'express';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import { type AuditEntry, pageQuerySchema } from '../contract.ts';
import { listAudit } from '../store/audit.ts';
import { cutPage, readCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function auditRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(pageQuerySchema, req.query);
    const after = readCursor(cursor);
    const rows = await listAudit(ctx.store, after && { at: after.time, id: after.id }, limit + 1);
    const { page, nextCursor } = cutPage(rows, limit, (row) => ({ time: row.at, id: row.id }));
    const entries: AuditEntry[] = page.map((row) => ({
      ...row,
      at: iso(row.at),
      before: row.before && JSON.parse(row.before),
      after: row.after && JSON.parse(row.after),
    }));
    res.json({ entries, nextCursor });
  });
  return router;
}
