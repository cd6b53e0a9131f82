/** A client's wallet: the operator fills it, the client reads its own. */
import express, { Router } from 'express';
import { z } from 'zod';
import { bookWalletEntry, setWallet, viewEntry, viewWallet } from '../billing/books/wallet.ts';
import type { Context } from '../context.ts';
import {
  type BookedWalletEntry,
  bookWalletEntrySchema,
  setWalletSchema,
  type WalletEntriesAnswer,
  type WalletEntryView,
  walletEntriesQuerySchema,
} from '../contract.ts';
import { listEntries } from '../store/wallets.ts';
import { actorIn, billedTenant } from './caller.ts';
import { type Column, plainColumns, sendCsv, usd, wantsCsv } from './csv.ts';
import { cursorOf, positionIn } from './cursor.ts';
import { parse } from './parse.ts';

const cursorShape = z.tuple([z.int().min(0)]);

const columns: Column<WalletEntryView>[] = [
  ...plainColumns<WalletEntryView>('no', 'at', 'kind'),
  { name: 'amount', value: ({ amountMicros }) => usd(amountMicros) },
  { name: 'balance', value: ({ balanceMicros }) => usd(balanceMicros) },
  ...plainColumns<WalletEntryView>('callId', 'month', 'invoiceId', 'expiresAt', 'reference', 'note'),
];

export function walletRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });

  router.get('/:slug/wallet', async (req, res) => {
    res.json(await viewWallet(ctx.store, await billedTenant(ctx, req, res), ctx.now()));
  });

  router.put('/:slug/wallet', body, async (req, res) => {
    const wanted = parse(setWalletSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    res.json(await setWallet(ctx, tenant, wanted, actorIn(req, res)));
  });

  router.get('/:slug/wallet/entries', async (req, res) => {
    const { cursor, limit } = parse(walletEntriesQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const after = cursor === undefined ? null : positionIn(cursor, cursorShape)[0];
    const rows = await listEntries(ctx.store, tenant.id, after, limit + 1);
    const entries = rows.slice(0, limit).map(viewEntry);
    const last = entries.at(-1);
    const nextCursor = rows.length > limit && last ? cursorOf([last.no]) : null;
    if (wantsCsv(req)) {
      if (nextCursor !== null) res.set('X-Next-Cursor', nextCursor);
      sendCsv(res, `wallet-${tenant.slug}`, columns, entries);
    } else {
      res.json({ entries, nextCursor } satisfies WalletEntriesAnswer);
    }
  });

  router.post('/:slug/wallet/entries', body, async (req, res) => {
    const asked = parse(bookWalletEntrySchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    const { entry, wallet } = await bookWalletEntry(ctx, tenant, asked, actorIn(req, res));
    res.status(201).json({ entry: viewEntry(entry), wallet } satisfies BookedWalletEntry);
  });

  return router;
}
