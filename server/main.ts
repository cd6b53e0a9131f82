/** `npm start`: the server, configured by the environment (and a `.env` file when there is one). */
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError, readConfig } from './config.ts';
import { type RunningServer, startServer } from './start.ts';

if (existsSync('.env')) loadEnvFile('.env');

let running: RunningServer;
let shutdownDelayMs = 0;
try {
  const { config, secrets } = readConfig(process.env);
  shutdownDelayMs = config.shutdownDelayMs;
  running = await startServer(config, secrets);
  if (!process.env.OPERATOR_API_KEY) {
    running.ctx.log.info(
      'local start: the operator key is in data/operator-key, the secret key in data/secret-key',
    );
  }
} catch (error) {
  const message =
    error instanceof ConfigError ? error.message : `Could not start: ${(error as Error).message}`;
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const skipDelay = new AbortController();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal skips the wait for load balancers.
    if (stopping) return skipDelay.abort();
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}

async function stop(): Promise<void> {
  running.announceStop();
  await pause(shutdownDelayMs, null, { signal: skipDelay.signal }).catch(() => {});
  await running.close();
}
