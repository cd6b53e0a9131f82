/** Notices to the operator about its tenants, newest first; including those that could not be delivered. */
import { Router } from 'express';
import { noticeText } from '../access/notices/notice-text.ts';
import { balancesOf } from '../access/notices/notices.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import { type NoticeView, pageQuerySchema } from '../contract.ts';
import { listNotices } from '../store/notices.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

export function noticeRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const query = parse(pageQuerySchema, req.query);
    const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
      listNotices(ctx.store, after, limit),
    );
    const balances = await balancesOf(ctx.store, page);
    const notices: NoticeView[] = page.map(({ id, createdAt, kind, period, payload, nextAttemptAt }) => {
      const { data } = JSON.parse(payload) as { data: { tenant: string } };
      const at = iso(createdAt);
      const words = noticeText(kind, period, data, balances.get(id) ?? null);
      return { id, at, kind, tenant: data.tenant, period, ...words, data, pending: nextAttemptAt !== null };
    });
    res.json({ notices, nextCursor });
  });
  return router;
}
