/** The backend without a web server: store, context, app and background work. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Express } from 'express';
import type { DestinationStream, Logger } from 'pino';
import { localCounters, sharedCounters } from './access/identity/counters.ts';
import { startNoticeDelivery } from './access/notices/notice-delivery.ts';
import { startPruning } from './access/pruning.ts';
import { startRefusalCount } from './access/start/blocked-origins.ts';
import { startEndingAbandoned } from './access/start/left-calls.ts';
import { createApp } from './app.ts';
import { deriveKeys } from './base/derived-keys.ts';
import { createLog } from './base/log.ts';
import { warnOncePerOutage } from './base/outage.ts';
import type { Telemetry } from './base/telemetry.ts';
import { startBillingClerk } from './billing/clerk/billing-clerk.ts';
import { startCloseWorker } from './billing/clerk/close-drive.ts';
import { startMonthPrices } from './billing/month/month-prices.ts';
import type { Config, Secrets } from './config.ts';
import { behind } from './context.ts';
import { startForwarding } from './metering/forwarding-delivery.ts';
import { startReconciler } from './metering/reconciler.ts';
import { type ContextOptions, createContext, type ServerContext } from './server-context.ts';
import { openStores } from './store/database.ts';

/** What `npm run build` writes. */
const built = join(import.meta.dirname, '..', 'dist');
const assets = {
  widget: join(built, 'widget'),
  portal: join(built, 'portal'),
  installs: join(built, 'installs'),
};

export interface PartsOptions extends ContextOptions {
  logTo?: DestinationStream;
  /** Off if something else decides when Vapi is asked (default on). */
  reconciler?: boolean;
  /** Off if something else decides when the prices of months are calculated (default on). */
  prices?: boolean;
}

export interface Parts {
  ctx: ServerContext;
  app: Express;
  /** Starts the background work: notices, abandoned calls, forwarded webhooks, bills, prices, reconciliation. */
  work(): void;
  /** Ends the work and closes the store; no request may come after that. */
  close(): Promise<void>;
}

/** @throws when the widget is not built or the store cannot be opened */
export async function openParts(config: Config, secrets: Secrets, options: PartsOptions): Promise<Parts> {
  if (!existsSync(join(assets.widget, 'widget.js'))) {
    throw new Error('The element is not built yet: run "npm run build" first.');
  }
  const log = createLog(config.logLevel, options.logTo);
  const stores = await openStores(config.database, warnOncePerOutage(log));
  const counters = secrets.redisUrl
    ? await sharedCounters(secrets.redisUrl, deriveKeys(secrets.secretKeys, 'visitor-network'), log)
    : localCounters;
  const telemetry = await openTelemetry(config, secrets, log, options.now ?? Date.now);
  const tracing = telemetry?.tracing ?? null;
  const ctx = createContext(config, secrets, stores, log, { ...options, counters, tracing });
  telemetry?.sendMetrics(ctx.metrics.registry);
  let workers: { stop(): Promise<unknown> }[] = [];
  return {
    ctx,
    app: createApp(ctx, assets),
    work() {
      const beside = behind(ctx);
      workers = [
        startRefusalCount(beside),
        startNoticeDelivery(beside),
        startEndingAbandoned(beside),
        startForwarding(beside),
        startPruning(beside),
        startBillingClerk(beside),
        startCloseWorker(beside),
        ...(options.prices === false ? [] : [startMonthPrices(beside)]),
        ...(options.reconciler === false ? [] : [startReconciler(beside)]),
      ];
    },
    async close() {
      await ctx.reports.done();
      await ctx.backgroundDone();
      await Promise.all(workers.map((worker) => worker.stop()));
      // A worker's last turn may have begun some.
      await ctx.backgroundDone();
      await ctx.refusals.flush();
      await ctx.counters.close();
      await telemetry?.close();
      await stores.close();
    },
  };
}

/** Its packages are loaded only if there is somewhere to send to. */
async function openTelemetry(
  { telemetry }: Config,
  { telemetryHeaders: headers }: Secrets,
  log: Logger,
  now: () => number,
): Promise<Telemetry | null> {
  if (telemetry === null) return null;
  const { startTelemetry } = await import('./base/telemetry.ts');
  return startTelemetry({ ...telemetry, headers }, log, now);
}
