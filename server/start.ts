/** Starts the server as it runs in production; `main.ts`, the demo and the tests all use this. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import { startNoticeDelivery } from './access/notice-delivery.ts';
import { createApp } from './app.ts';
import type { Config, Secrets } from './config.ts';
import { type Context, type ContextOptions, createContext } from './context.ts';
import { createLog } from './log.ts';
import { startForwarding } from './metering/forwarding-delivery.ts';
import { startReconciler } from './metering/reconciler.ts';
import { openStore } from './store/database.ts';

/** What `npm run build` writes. */
const builtWidget = join(import.meta.dirname, '..', 'dist', 'widget');
/** How long a stop waits for requests that are being answered. */
const drainMs = 10_000;

export interface StartOptions extends ContextOptions {
  host?: string;
  logTo?: DestinationStream;
  /** Off where something else decides when Vapi is asked (default on). */
  reconciler?: boolean;
}

export interface RunningServer {
  /** On this machine; the configured `publicUrl` is where others reach it. */
  url: string;
  ctx: Context;
  /** Takes no new requests, finishes those it has, then closes the store. */
  close(): Promise<void>;
}

/** @throws when the widget is not built, the port is taken or the store cannot be opened */
export async function startServer(
  config: Config,
  secrets: Secrets,
  options: StartOptions = {},
): Promise<RunningServer> {
  if (!existsSync(join(builtWidget, 'widget.js'))) {
    throw new Error('The element is not built yet: run "npm run build" first.');
  }
  const log = createLog(config.logLevel, options.logTo);
  const store = await openStore(config.database);
  const ctx = createContext(config, secrets, store, log, options);
  const server = createServer({ connectionsCheckingInterval: 5000 }, createApp(ctx, builtWidget));
  // A client that sends slowly on purpose must not hold a connection for long.
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  server.keepAliveTimeout = 65_000;
  try {
    await listen(server, config.port, options.host);
  } catch (error) {
    await store.destroy();
    throw error;
  }
  const workers = [
    startNoticeDelivery(ctx),
    startForwarding(ctx),
    ...(options.reconciler === false ? [] : [startReconciler(ctx)]),
  ];
  const { port } = server.address() as AddressInfo;
  log.info({ port, store: config.database.kind }, 'listening');
  return {
    url: `http://localhost:${port}`,
    ctx,
    async close() {
      await drain(server);
      await ctx.backgroundDone();
      await Promise.all(workers.map((worker) => worker.stop()));
      await store.destroy();
      log.info('stopped');
    },
  };
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken ? new Error(`Port ${port} is taken by another program: choose another with PORT.`) : error,
      );
    });
    server.listen({ port, ...(host ? { host } : {}) }, resolve);
  });
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const hardStop = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(hardStop);
      resolve();
    });
    server.closeIdleConnections();
  });
}
