/** Sends a request to the server, and shows its answer. */
import * as http from 'node:http';
import * as https from 'node:https';
import { didYouMean, nearest } from './nearest.ts';
import { list, type Request, type Row } from './request.ts';
import { readable } from './text.ts';

/**
 * The address in `VAPI_AGENT_URL`, without a trailing slash; it may have a path.
 * @throws Error when it is not an address
 */
export function baseUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(`VAPI_AGENT_URL must be an address such as https://voice.agency.example, not “${text}”.`);
  }
  return text.replace(/\/+$/, '');
}

/**
 * @param server what `baseUrl` gave
 * @returns the answer; for a list, all pages in one
 * @throws Error with a sentence for a person
 */
export async function ask(server: string, key: string, request: Request): Promise<Row> {
  const { path } = request;
  let whole: Row | null = null;
  let cursor: string | null = null;
  do {
    const url = new URL(server + path);
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const { status, text } = await send(url, key, request);
    const answer = readJson(text);
    if (!answer) {
      throw new Error(
        `The server at ${url.href} (status ${status}) is not vapi-agent: ${JSON.stringify(text.slice(0, 80))}. Is VAPI_AGENT_URL the server's whole address, with its path? A proxy timeout looks the same; the command keeps running on the server.`,
      );
    }
    if (status >= 400) {
      const errors = (answer.errors ?? []) as { path: string; message: string }[];
      const details = errors.map((error) => `\n  ${error.path}: ${error.message}`).join('');
      const what = answer.detail ?? (status === 404 && (await missing(server, key, path))) ?? answer.title;
      throw new Error(`${what} (${answer.code})${details}`);
    }
    if (whole && request.list) {
      answer[request.list] = [...(whole[request.list] as Row[]), ...(answer[request.list] as Row[])];
      if (whole.leftOut) answer.leftOut = [...leftOutOf(whole), ...leftOutOf(answer)];
    }
    whole = answer;
    cursor = request.list && typeof answer.nextCursor === 'string' ? answer.nextCursor : null;
  } while (cursor !== null);
  return whole;
}

/** What an answer of 404 was about. @returns null when the path does not say */
async function missing(server: string, key: string, path: string): Promise<string | null> {
  const [, , kind = '', ...names] = (path.split('?')[0] ?? '').split('/').map(decodeURIComponent);
  const [name = '', part = '', id, , line] = names;
  if (kind === 'keys') return `There is no key “${name}”.`;
  if (kind !== 'tenants' || !name) return null;
  const { tenants } = await ask(server, key, list('/v1/tenants', 'tenants', []));
  const slugs = (tenants as { slug: string }[]).map(({ slug }) => slug);
  // A deleted tenant is named by its id, which is in no list of slugs.
  if (!slugs.includes(name) && (!name.startsWith('ten_') || !id)) {
    const like = nearest(name, slugs);
    return `There is no tenant “${name}”.${didYouMean(like)}`;
  }
  if (!id) return null;
  const whole = `${part.replace(/s$/, '')} “${id}”`;
  return `Tenant ${name} has no ${line ? `line ${line} of ` : ''}${whole}.`;
}

/**
 * Waits for as long as the server needs: `fetch` gives up after five minutes, and closing the month of many tenants
 * takes longer. Follows no redirection, which would carry the key elsewhere.
 */
function send(url: URL, key: string, { method, body }: Request): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) =>
      reject(new Error(`The server at ${url.origin} cannot be reached (${error.code ?? error.message}).`));
    const sent = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', failed);
    });
    sent.on('error', failed);
    sent.setSocketKeepAlive(true, 30_000);
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}

/** Null when it is not a JSON object; an empty text counts as an empty one. */
function readJson(text: string): Row | null {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Row) : null;
  } catch {
    return null;
  }
}

/** What failed, and so is missing from the list. */
function leftOutOf(answer: Row): Row[] {
  return (answer.leftOut ?? []) as Row[];
}

/** @returns the exit code: 3 when something needs a person */
export function show(request: Request, answer: Row, asJson: boolean): number {
  if (request.tell && !asJson) {
    const { result, beside, exitCode } = request.tell(answer);
    process.stdout.write(`${result}\n`);
    if (beside) process.stderr.write(`${beside}\n`);
    return exitCode;
  }
  process.stdout.write(`${asJson ? JSON.stringify(answer, null, 2) : readable(answer, request)}\n`);
  for (const { tenant, problem } of leftOutOf(answer)) process.stderr.write(`${tenant}: ${problem}\n`);
  if (leftOutOf(answer).length > 0) return 3;
  // A timer that closes months must notice that something needs a person.
  return typeof answer.needsPerson === 'number' && answer.needsPerson > 0 ? 3 : 0;
}
