/**
 * The backend inside an Express app of one's own: `app.use('/voice', agent.router)`. It answers everything below the
 * path at which it is mounted, so it gets a path or a host of its own. Mount it before any body parser
 * (`express.json()`): it reads bodies itself, byte by byte where they are signed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readConfig } from './config.ts';
import { openParts } from './parts.ts';

export interface VapiAgentOptions {
  /**
   * The settings of `server/deploy/README.md` by their names (`PUBLIC_URL`, `DATABASE_URL`, `SECRET_KEY`, …); what is undefined
   * or empty counts as not given. Of the environment only `NODE_ENV` is read, where it is not among them.
   * `PUBLIC_URL` includes the path at which the router is mounted. `PORT` has no meaning here.
   */
  settings: Record<string, string | undefined>;
  /**
   * Where a start without `SECRET_KEY`, `OPERATOR_API_KEY` or `DATABASE_URL` keeps what it makes; default `data`. With
   * `NODE_ENV=production` keys are made only if it is given: it has to be a folder that outlives a deployment.
   */
  dataDir?: string;
}

export interface VapiAgent {
  /** To be mounted with `app.use(path, router)`, before any body parser: a body that was read before is answered 500. */
  router: (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;
  /** The operator's key: the one given, or the one made for a local start. */
  operatorApiKey: string;
  /** Waits for what is under way and closes the store; call it after the web server has stopped taking requests. */
  close(): Promise<void>;
}

/** @throws ConfigError naming every missing or bad setting, or Error when the store cannot be opened */
export async function createVapiAgent(options: VapiAgentOptions): Promise<VapiAgent> {
  const { settings, dataDir } = options;
  const NODE_ENV = settings.NODE_ENV ?? process.env.NODE_ENV;
  const makesKeys = NODE_ENV !== 'production' || dataDir !== undefined;
  const { config, secrets } = readConfig({ ...settings, NODE_ENV }, dataDir, makesKeys);
  const parts = await openParts(config, secrets, {});
  parts.work();
  return { router: parts.app, operatorApiKey: secrets.operatorApiKey, close: parts.close };
}
