/** What was changed and by whom, newest first. */
import { Router } from 'express';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import { type AuditEntry, auditQuerySchema } from '../contract.ts';
import { listAudit } from '../store/audit.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

export function auditRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const { tenant, actor, action, ...query } = parse(auditQuerySchema, req.query);
    const { page, nextCursor } = await readPage(query, 'at', (after, limit) =>
      listAudit(ctx.store, after, limit, { tenant, actor, action }),
    );
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
