/** Starts the server as it runs in production; `main.ts`, the demo and the tests all use this. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config, Secrets } from './config.ts';
import { openParts, type PartsOptions } from './parts.ts';
import type { ServerContext } from './server-context.ts';

/** How long a stop waits for requests in progress. */
const drainMs = 10_000;

export interface StartOptions extends PartsOptions {
  host?: string;
}

export interface RunningServer {
  /** On this machine; the configured `publicUrl` is where others reach it. */
  url: string;
  ctx: ServerContext;
  /** Makes `/readyz` tell load balancers to send no more requests; everything is still answered. */
  announceStop(): void;
  /** Accepts no new requests, finishes those it has, then closes the store. */
  close(): Promise<void>;
}

/** @throws when the widget is not built, the port is taken or the store cannot be opened */
export async function startServer(
  config: Config,
  secrets: Secrets,
  options: StartOptions = {},
): Promise<RunningServer> {
  const parts = await openParts(config, secrets, options);
  const { ctx } = parts;
  const server = createServer({ connectionsCheckingInterval: 5000 }, parts.app);
  // A deliberately slow client must not hold a connection for long.
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  server.keepAliveTimeout = 65_000;
  try {
    await listen(server, config.port, options.host);
  } catch (error) {
    await parts.close();
    throw error;
  }
  // A connection that cannot be accepted (for example without free file descriptors) is not a reason to stop.
  server.on('error', (error) => ctx.log.error({ err: error }, 'a connection could not be accepted'));
  parts.work();
  const { port } = server.address() as AddressInfo;
  ctx.log.info({ port, store: config.database.kind }, 'listening');
  return {
    url: `http://localhost:${port}`,
    ctx,
    announceStop() {
      ctx.lifecycle.stopping = true;
    },
    async close() {
      ctx.lifecycle.stopping = true;
      await drain(server);
      await parts.close();
      ctx.log.info('stopped');
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
    // A kept connection becomes idle only when its answer has been sent.
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearTimeout(hardStop);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
