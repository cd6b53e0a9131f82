/**
 * The backend inside your own Express app: `app.use('/voice', agent.router)`. It answers everything below the path at
 * which it is mounted, so it needs its own path or host. Mount it before any body parser (`express.json()`): it reads
 * bodies itself, byte by byte where they are signed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readConfig } from './config.ts';
import { openParts } from './parts.ts';

export interface VapiAgentOptions {
  /**
   * The settings of `server/deploy/README.md` by their names (`PUBLIC_URL`, `DATABASE_URL`, `SECRET_KEY`, …); undefined
   * and empty ones count as not given. The environment is only read for `NODE_ENV`, unless it is among them.
   * `PUBLIC_URL`, and `TALK_URL` if it is given, include the path at which the router is mounted. `PORT` has no meaning
   * here.
   */
  settings: Record<string, string | undefined>;
  /**
   * Where a start without `SECRET_KEY`, `OPERATOR_API_KEY` or `DATABASE_URL` stores what it generates; default `data`.
   * With `NODE_ENV=production` keys are only generated if it is given: the folder must outlive a deployment.
   */
  dataDir?: string;
}

export interface VapiAgent {
  /** Mount it with `app.use(path, router)`, before any body parser: a body that was read before is answered 500. */
  router: (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;
  /** The operator's key: the given one, or the one generated for a local start. */
  operatorApiKey: string;
  /** Waits for requests in progress and closes the store; call it after the web server has stopped. */
  close(): Promise<void>;
}

/** @throws ConfigError naming every missing or invalid setting, or Error when the store cannot be opened */
export async function createVapiAgent(options: VapiAgentOptions): Promise<VapiAgent> {
  const { settings, dataDir } = options;
  const NODE_ENV = settings.NODE_ENV ?? process.env.NODE_ENV;
  const makesKeys = NODE_ENV !== 'production' || dataDir !== undefined;
  const { config, secrets } = readConfig({ ...settings, NODE_ENV }, dataDir, makesKeys);
  const parts = await openParts(config, secrets, {});
  parts.work();
  return { router: parts.app, operatorApiKey: secrets.operatorApiKey, close: parts.close };
}
