/**
 * The backend inside an Express app of one's own: `app.use('/voice', agent.router)`. It answers everything below the
 * path at which it is mounted, so it gets a path or a host of its own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readConfig } from './config.ts';
import { openParts } from './parts.ts';

export interface VapiAgentOptions {
  /**
   * The settings of the README's table by their names (`PUBLIC_URL`, `DATABASE_URL`, `SECRET_KEY`, …); nothing is read
   * from the environment. `PUBLIC_URL` includes the path at which the router is mounted. `PORT` has no meaning here.
   */
  settings: Record<string, string>;
  /** Where a start without `SECRET_KEY` or `DATABASE_URL` keeps what it makes; default `data`. */
  dataDir?: string;
}

export interface VapiAgent {
  /** To be mounted with `app.use(path, router)`. */
  router: (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;
  /** The operator's key: the one given, or the one made for a local start. */
  operatorApiKey: string;
  /** Waits for what is under way and closes the store; call it after the web server has stopped taking requests. */
  close(): Promise<void>;
}

/** @throws ConfigError naming every missing or bad setting, or Error when the store cannot be opened */
export async function createVapiAgent(options: VapiAgentOptions): Promise<VapiAgent> {
  const { config, secrets } = readConfig(options.settings, options.dataDir);
  const parts = await openParts(config, secrets, {});
  parts.work();
  return { router: parts.app, operatorApiKey: secrets.operatorApiKey, close: parts.close };
}
