/** Reads the environment once, into plain values; every problem is collected so that one message names them all. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type OidcSettings, readOidc } from './base/oidc-settings.ts';
import { readHeaders } from './base/otlp-headers.ts';
import { isLoopback } from './base/outside.ts';
import { bare, privateTargetProblem } from './base/private-targets.ts';

/** Settings that may be shown. */
export interface Config {
  /** 0 lets the kernel choose. */
  port: number;
  /** Where browsers and Vapi reach this server, without a trailing slash. */
  publicUrl: string;
  /**
   * The same server under another host name, for pages that run a call; without a trailing slash. Null = there are none.
   */
  talkUrl: string | null;
  database: DatabaseConfig;
  /** Express's `trust proxy`: a number of hops or a list of addresses; false = the socket's address is the visitor's. */
  trustProxy: false | number | string[];
  vapiBaseUrl: string;
  /** Prefix under which the operator relays Daily's hosts (Daily's `proxyUrl`); null = browsers reach Daily themselves. */
  dailyProxyUrl: string | null;
  /** Host names, addresses and networks: where hooks, notices and forwarding may go besides the public internet. */
  privateTargets: string[];
  visitorLimits: VisitorLimits;
  /** How many organizations one process compares with Vapi at the same time. */
  sweepsAtOnce: number;
  /** Null = Stripe's own. */
  stripeApiUrl: string | null;
  /** Whether months are closed automatically. */
  autoClose: boolean;
  /** How long the audit log and notices of past periods are kept; null = for ever. */
  keepDays: number | null;
  /** How many clients this process closes at the same time. */
  closeParallel: number;
  /** Where traces and metrics are sent; null = nowhere. */
  telemetry: { endpoint: string; serviceName: string } | null;
  logLevel: string;
  production: boolean;
  /** How long a stop is announced by `/readyz` before connections are refused. */
  shutdownDelayMs: number;
}
export type DatabaseConfig = ({ kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string }) & {
  /** Connections for requests at the same time, PostgreSQL only; default 10. */
  pool?: number;
  /** The same for the work beside the requests; default 5. */
  backgroundPool?: number;
  /** Milliseconds for a connection, a place among them, a statement, or SQLite's lock; default 5000. */
  timeoutMs?: number;
};

/** Requests per visitor network and minute, ahead of what each tenant allows. */
export interface VisitorLimits {
  /** What the element fetches before a click: settings, and sessions that may never be used. */
  ahead: number;
  /** Sessions that a click asks for. */
  sessions: number;
  /** Calls, messages, and what follows a call. */
  starts: number;
}

/** Values that are never printed; kept apart from `Config` so that printing a config cannot leak one. */
export interface Secrets {
  /** Newest first: the first signs and encrypts, all of them verify and decrypt. 32 bytes each. */
  secretKeys: Buffer[];
  operatorApiKey: string;
  /** Of the store in which all processes count visitors' requests; null = each counts for itself. It may hold a password. */
  redisUrl: string | null;
  /** Sent with traces and metrics, such as the key of a hosted collector. */
  telemetryHeaders: Record<string, string>;
  /** The URL holds the mail server's password. Null when no e-mail can be sent. */
  smtp: { url: string; from: string } | null;
  oidc: OidcSettings | null;
  /** Null when invoices are not collected through Stripe. */
  stripe: { secretKey: string; webhookSecret: string | null } | null;
}

export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`Bad configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/**
 * @param env the process's environment
 * @param dataDir where a local start stores what it generates (secret key, operator key, the SQLite file)
 * @param makesKeys whether missing keys are generated; by default not in production
 * @throws ConfigError naming every missing or bad setting
 */
export function readConfig(
  env: Record<string, string | undefined>,
  dataDir = 'data',
  makesKeys = env.NODE_ENV !== 'production',
): { config: Config; secrets: Secrets } {
  const problems: string[] = [];
  const production = env.NODE_ENV === 'production';
  const given = (name: string) => env[name]?.trim() || undefined;

  const readOptional = (name: string, least: number, most: number) =>
    readInteger(name, given(name), least, most, problems);

  const port = readPort(given('PORT') ?? '8787', problems);
  const publicUrl = readBaseUrl('PUBLIC_URL', given('PUBLIC_URL'), problems);
  if (production && !given('PUBLIC_URL')) {
    problems.push('PUBLIC_URL is missing: the address at which browsers and Vapi reach this server');
  }
  if (production) demandHttps('PUBLIC_URL', publicUrl, problems);
  const talkUrl = readTalkUrl(
    given('TALK_URL'),
    publicUrl ?? `http://localhost:${port}`,
    production,
    problems,
  );
  const pool = readOptional('DATABASE_POOL', 1, 1000);
  const backgroundPool = readOptional('DATABASE_BACKGROUND_POOL', 1, 1000);
  const timeoutMs = readOptional('DATABASE_TIMEOUT_MS', 100, 600_000);
  const database = {
    ...readDatabase(given('DATABASE_URL') ?? `sqlite:${join(dataDir, 'vapi-agent.db')}`, problems),
    ...(pool === undefined ? {} : { pool }),
    ...(backgroundPool === undefined ? {} : { backgroundPool }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const shutdownDelayMs = (readOptional('SHUTDOWN_DELAY_SECONDS', 0, 600) ?? (production ? 5 : 1)) * 1000;
  const trustProxy = readTrustProxy(given('TRUST_PROXY'), problems);
  const vapiBaseUrl = readBaseUrl('VAPI_BASE_URL', given('VAPI_BASE_URL'), problems) ?? 'https://api.vapi.ai';
  const dailyProxyUrl = readBaseUrl('DAILY_PROXY_URL', given('DAILY_PROXY_URL'), problems);
  const stripeApiUrl = readBaseUrl('STRIPE_API_URL', given('STRIPE_API_URL'), problems);
  const privateTargets = readPrivateTargets(given('ALLOW_PRIVATE_TARGETS'), problems);
  const keepDays = readOptional('KEEP_DAYS', 90, 36_500) ?? null;
  const autoClose = given('AUTO_CLOSE') ?? 'no';
  if (!/^(yes|no)$/.test(autoClose)) problems.push('AUTO_CLOSE must be yes or no');
  const closeParallel = readOptional('CLOSE_PARALLEL', 1, 100) ?? 12;
  const visitorLimits: VisitorLimits = {
    ahead: readCount('AHEAD_PER_MINUTE', given('AHEAD_PER_MINUTE') ?? '600', problems),
    sessions: readCount('SESSIONS_PER_MINUTE', given('SESSIONS_PER_MINUTE') ?? '60', problems),
    starts: readCount('STARTS_PER_MINUTE', given('STARTS_PER_MINUTE') ?? '60', problems),
  };
  const sweepsAtOnce = readOptional('SWEEPS_AT_ONCE', 1, 200) ?? 8;
  const endpoint = readBaseUrl('OTEL_EXPORTER_OTLP_ENDPOINT', given('OTEL_EXPORTER_OTLP_ENDPOINT'), problems);
  const telemetry =
    endpoint === null ? null : { endpoint, serviceName: given('OTEL_SERVICE_NAME') ?? 'vapi-agent' };
  const telemetryHeaders = readHeaders(given('OTEL_EXPORTER_OTLP_HEADERS'), problems);
  const logLevel = given('LOG_LEVEL') ?? 'info';
  if (!logLevels.includes(logLevel)) problems.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}`);

  for (const name of ['SECRET_KEY', 'OPERATOR_API_KEY']) {
    if (!makesKeys && !given(name)) problems.push(`${name} is missing`);
  }
  const currentKey = readSecretKey('SECRET_KEY', given('SECRET_KEY'), problems);
  const previousKey = readSecretKey('SECRET_KEY_PREVIOUS', given('SECRET_KEY_PREVIOUS'), problems);
  const operatorApiKey = given('OPERATOR_API_KEY');
  if (operatorApiKey && !/^[\x21-\x7e]{20,200}$/.test(operatorApiKey)) {
    problems.push('OPERATOR_API_KEY must be 20 to 200 printable characters without spaces');
  }
  const smtp = readSmtp(given('SMTP_URL'), given('SMTP_FROM'), problems);
  const oidc = readOidc(given, problems);
  const redisUrl = readRedisUrl(given('REDIS_URL'), problems);
  const stripe = readStripe(given('STRIPE_SECRET_KEY'), given('STRIPE_WEBHOOK_SECRET'), problems);
  if (problems.length > 0) throw new ConfigError(problems);

  if (!given('DATABASE_URL') || !currentKey || !operatorApiKey) makePrivate(dataDir);
  // What is generated here must survive a restart, or nothing could be decrypted: hence the folder.
  const secretKey =
    currentKey ??
    Buffer.from(
      generated(dataDir, 'secret-key', () => randomBytes(32).toString('base64')),
      'base64',
    );
  const operatorKey =
    operatorApiKey ??
    generated(dataDir, 'operator-key', () => `vak_${randomBytes(24).toString('base64url')}`);
  return {
    config: {
      port,
      publicUrl: publicUrl ?? `http://localhost:${port}`,
      talkUrl,
      database,
      trustProxy,
      vapiBaseUrl,
      dailyProxyUrl,
      stripeApiUrl,
      autoClose: autoClose === 'yes',
      closeParallel,
      privateTargets,
      visitorLimits,
      keepDays,
      sweepsAtOnce,
      telemetry,
      logLevel,
      production,
      shutdownDelayMs,
    },
    secrets: {
      secretKeys: previousKey ? [secretKey, previousKey] : [secretKey],
      operatorApiKey: operatorKey,
      redisUrl,
      telemetryHeaders,
      smtp,
      oidc,
      stripe,
    },
  };
}

function generated(dataDir: string, name: string, make: () => string): string {
  const file = join(dataDir, name);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const value = make();
  writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' });
  return value;
}

/** It contains keys and calls: no other user of this machine may look. */
function makePrivate(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    chmodSync(dataDir, 0o700);
  } catch {
    // A mounted volume may belong to another user; its files are private all the same.
  }
}

/** @returns undefined if it is not given, or invalid */
function readInteger(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
  problems: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
  problems.push(`${name} must be a whole number from ${least} to ${most}`);
  return undefined;
}

function readPort(text: string, problems: string[]): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) problems.push('PORT must be a number from 0 to 65535');
  return port;
}

function readCount(name: string, text: string, problems: string[]): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) problems.push(`${name} must be a whole number from 1 to 9999999`);
  return Number(text);
}

function readBaseUrl(name: string, text: string | undefined, problems: string[]): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    problems.push(`${name} must be an http(s) URL without query, fragment or user`);
    return null;
  }
  return url.href.replace(/\/$/, '');
}

/**
 * Another host than the public one: cookies know no ports. Browsers take every name that ends in `.localhost` for this
 * machine, so that a developer's has one unless a setting names another.
 */
function readTalkUrl(
  text: string | undefined,
  publicUrl: string,
  production: boolean,
  problems: string[],
): string | null {
  if (text === undefined) {
    if (production || !/^http:\/\/localhost(?=[:/]|$)/.test(publicUrl)) return null;
    return publicUrl.replace('//localhost', '//talk.localhost');
  }
  const talkUrl = readBaseUrl('TALK_URL', text, problems);
  if (talkUrl === null) return null;
  if (bare(new URL(talkUrl).hostname) === bare(new URL(publicUrl).hostname)) {
    problems.push(
      'TALK_URL must have another host name than PUBLIC_URL, which would share its cookies with it',
    );
  }
  if (production) demandHttps('TALK_URL', talkUrl, problems);
  return talkUrl;
}

/** Keys and sign-ins would travel in the clear. Behind a proxy it is the proxy's https address that counts. */
function demandHttps(name: string, address: string | null, problems: string[]): void {
  if (address?.startsWith('http:') && !isLoopback(new URL(address).hostname)) {
    problems.push(`${name} must be https in production; http is for localhost only`);
  }
}

function readDatabase(text: string, problems: string[]): DatabaseConfig {
  if (text.startsWith('sqlite:') && text.length > 'sqlite:'.length) {
    return { kind: 'sqlite', file: text.slice('sqlite:'.length) };
  }
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return { kind: 'postgres', url: text };
  problems.push(
    'DATABASE_URL must be sqlite:<file> or postgres://… (characters such as / # @ in a password as %2F %23 %40)',
  );
  return { kind: 'sqlite', file: ':memory:' };
}

/** Trusting every proxy would let any visitor choose its own address, so that form is refused. */
function readTrustProxy(text: string | undefined, problems: string[]): Config['trustProxy'] {
  if (text === undefined || text === 'false' || text === '0') return false;
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  const entries = text.split(',').map((entry) => entry.trim());
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  const valid = entries.every((entry) => {
    const [address = '', bits] = entry.split('/');
    return (
      named.includes(entry) || (isIP(address) !== 0 && (bits === undefined || /^([1-9]\d{0,2})$/.test(bits)))
    );
  });
  if (!valid) {
    problems.push('TRUST_PROXY must be a number of hops or a list of proxy addresses (never "true")');
    return false;
  }
  return entries;
}

function readPrivateTargets(text: string | undefined, problems: string[]): string[] {
  const entries = (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const entry of entries) {
    const problem = privateTargetProblem(entry);
    if (problem) problems.push(`ALLOW_PRIVATE_TARGETS: ${entry} ${problem}`);
  }
  return entries;
}

function readSmtp(url: string | undefined, from: string | undefined, problems: string[]): Secrets['smtp'] {
  if (url === undefined) return null;
  if (!/^smtps?:\/\//.test(url) || !URL.canParse(url))
    problems.push('SMTP_URL must be smtp://… or smtps://…');
  if (from === undefined)
    problems.push('SMTP_FROM is missing: the sender of the e-mails that go through SMTP_URL');
  return { url, from: from ?? '' };
}

function readRedisUrl(text: string | undefined, problems: string[]): string | null {
  if (text !== undefined && !(/^rediss?:\/\//.test(text) && URL.canParse(text))) {
    problems.push('REDIS_URL must be redis://… or rediss://…');
  }
  return text ?? null;
}

function readStripe(
  secretKey: string | undefined,
  webhookSecret: string | undefined,
  problems: string[],
): Secrets['stripe'] {
  if (secretKey !== undefined && !/^[sr]k_(test|live)_\w+$/.test(secretKey)) {
    problems.push('STRIPE_SECRET_KEY must be a secret or restricted key: sk_… or rk_…');
  }
  if (webhookSecret !== undefined && !/^whsec_\w+$/.test(webhookSecret)) {
    problems.push('STRIPE_WEBHOOK_SECRET must be whsec_…');
  }
  if (webhookSecret !== undefined && secretKey === undefined) {
    problems.push('STRIPE_WEBHOOK_SECRET needs STRIPE_SECRET_KEY too');
  }
  return secretKey === undefined ? null : { secretKey, webhookSecret: webhookSecret ?? null };
}

function readSecretKey(name: string, text: string | undefined, problems: string[]): Buffer | null {
  if (text === undefined) return null;
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) {
    problems.push(`${name} must be 32 bytes in base64 (make one with: openssl rand -base64 32)`);
    return null;
  }
  return key;
}
