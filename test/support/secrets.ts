/**
 * Watches everything that a test's server answers and logs, and finds any known secret in it. An answer may show a
 * secret only where the contract says so.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Fields of the operator's requests and answers that contain a secret. */
const secretFields = ['privateKey', 'publicKey', 'webhookSecret', 'hookSecret', 'key'];
const channel = 'http.server.request.start';

export interface SecretWatch {
  /** @param name identifies the secret in a failure */
  add(name: string, value: string): void;
  /** Bytes in all forms in which they could be written. */
  addBytes(name: string, value: Buffer): void;
  /** Collects the secrets from the body of a request to the operator's API. */
  learnFrom(body: unknown): void;
  /** How many answers have been seen so far. */
  answers(): number;
  stop(): void;
  /**
   * @param lines everything that was logged
   * @throws Error naming each secret that was found and where, without its value
   */
  check(lines: string[]): void;
}

interface SeenAnswer {
  what: string;
  text: string;
  shownOnPurpose: Set<string>;
}

/** Called with every answer. `path` includes its query. */
export type AnswerListener = (
  method: string,
  path: string,
  status: number,
  contentType: string,
  body: string,
) => void;

/**
 * @param port of the server to watch; it must run in this process
 * @param onAnswer a further observer
 */
export function watchSecrets(port: number, onAnswer?: AnswerListener): SecretWatch {
  const secrets = new Map<string, string>();
  const seen: SeenAnswer[] = [];
  const add = (name: string, value: string) => {
    if (value.length >= 8) secrets.set(value, name);
  };
  const record = (asked: string, response: ServerResponse, body: string) => {
    const [method = '', path = ''] = asked.split(' ');
    const type = String(response.getHeader('content-type') ?? '');
    // An aborted answer shows nothing about the contract.
    if (response.writableFinished) onAnswer?.(method, path, response.statusCode, type, body);
    const what = `${asked} ${response.statusCode}`;
    const answer: SeenAnswer = { what, text: '', shownOnPurpose: new Set() };
    for (const [name, value] of shownSecrets(what, body, response)) {
      // The caller's own secret is masked in the answer; only a generated one is shown, once.
      if (name === 'publicKey' || name === 'scopedKey' || !secrets.has(value))
        answer.shownOnPurpose.add(value);
      add(`${name} of ${what}`, value);
    }
    answer.text = `${JSON.stringify(response.getHeaders())}\n${body}`;
    seen.push(answer);
  };
  const onRequest = (message: unknown) => {
    const { request, response, server } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if ((server.address() as AddressInfo | null)?.port === port) collect(request, response, record);
  };
  subscribe(channel, onRequest);
  return {
    add,
    addBytes(name, value) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) add(name, value.toString(encoding));
    },
    learnFrom(body) {
      for (const [name, value] of secretsIn(body)) add(name, value);
    },
    answers: () => seen.length,
    stop: () => unsubscribe(channel, onRequest),
    check(lines) {
      const found = new Set<string>();
      for (const [value, name] of secrets) {
        const forms = [...new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])];
        const isIn = (text: string) => forms.some((form) => text.includes(form));
        for (const { what, text, shownOnPurpose } of seen) {
          if (!shownOnPurpose.has(value) && isIn(text)) found.add(`${name} in the answer to ${what}`);
        }
        for (const line of lines) if (isIn(line)) found.add(`${name} in the log`);
      }
      if (found.size > 0) throw new Error(`secrets came out:\n${[...found].join('\n')}`);
    },
  };
}

function collect(
  request: IncomingMessage,
  response: ServerResponse,
  done: (asked: string, response: ServerResponse, body: string) => void,
): void {
  // Now: the router changes the URL later.
  const asked = `${request.method} ${request.url?.slice(0, 100)}`;
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { write, end } = response;
  response.write = ((...args: Parameters<typeof write>) => {
    keep(args[0]);
    return write.apply(response, args);
  }) as typeof write;
  response.end = ((...args: Parameters<typeof end>) => {
    keep(args[0]);
    return end.apply(response, args);
  }) as typeof end;
  response.once('close', () => done(asked, response, Buffer.concat(chunks).toString('utf8')));
}

/** What an answer shows because the contract says so: what was generated, and a public key in its access mode. */
function shownSecrets(what: string, body: string, response: ServerResponse): [string, string][] {
  const answer = parsed(body);
  if (/^POST \/v1\/sign-in-links 201$/.test(what)) {
    return [['sign-in link', new URL(String(answer?.url)).searchParams.get('token') ?? '']];
  }
  if (/^POST \/portal\/sign-in\?\S+ 303$/.test(what)) {
    const [, cookie = ''] = /=([\w-]+)/.exec(String(response.getHeader('set-cookie'))) ?? [];
    return [['sign-in cookie', cookie]];
  }
  const found = secretsIn(answer);
  if (/^POST \/v1\/(tenants|keys) 201$/.test(what)) return found;
  if (!/^POST \/v1\/calls 201$/.test(what) || answer?.mode === 'proxy') return [];
  // A scoped key is made for this answer; the public key is the tenant's own.
  const { mode, key } = answer as { mode: string; key: string };
  return [[mode === 'public-key' ? 'publicKey' : 'scopedKey', key]];
}

function secretsIn(body: unknown): [string, string][] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).filter(
    (entry): entry is [string, string] =>
      secretFields.includes(entry[0]) && typeof entry[1] === 'string' && !entry[1].startsWith('…'),
  );
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}
