/** Asks the server, and shows what it says. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Request, Row } from './request.ts';

/**
 * The address that `VAPI_AGENT_URL` holds, without a slash at its end; it may have a path.
 * @throws Error when it is none
 */
export function baseUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(`VAPI_AGENT_URL must be an address such as https://voice.agency.example, not “${text}”.`);
  }
  return text.replace(/\/+$/, '');
}

/**
 * @param server what `baseUrl` gave
 * @returns the answer; of a list all pages in one
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
        `Something else than vapi-agent answers at ${url.href} (status ${status}): ${JSON.stringify(text.slice(0, 80))}. Does VAPI_AGENT_URL have the server's whole address, with its path? A proxy that has lost patience answers so, too, while the server goes on.`,
      );
    }
    if (status >= 400) {
      const errors = (answer.errors ?? []) as { path: string; message: string }[];
      const details = errors.map((error) => `\n  ${error.path}: ${error.message}`).join('');
      throw new Error(`${answer.detail ?? answer.title ?? status} (${answer.code})${details}`);
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

/** Null when it is no JSON object; nothing at all counts as an empty one. */
function readJson(text: string): Row | null {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Row) : null;
  } catch {
    return null;
  }
}

/** What the list would have held, had it not failed. */
function leftOutOf(answer: Row): Row[] {
  return (answer.leftOut ?? []) as Row[];
}

/** @returns the exit code: 3 when somebody has to look */
export function show(request: Request, answer: Row, asJson: boolean): number {
  if (request.tell && !asJson) {
    const { result, beside, exitCode } = request.tell(answer);
    process.stdout.write(`${result}\n`);
    process.stderr.write(`${beside}\n`);
    return exitCode;
  }
  const rows = request.list && !asJson ? (answer[request.list] as Row[]) : null;
  const text = rows ? table(rows, request.columns ?? []) : JSON.stringify(answer, null, 2);
  process.stdout.write(`${text}\n`);
  for (const { tenant, problem } of leftOutOf(answer)) process.stderr.write(`${tenant}: ${problem}\n`);
  if (leftOutOf(answer).length > 0) return 3;
  // A shell that closes months by a timer must learn that somebody has to look.
  return typeof answer.needsPerson === 'number' && answer.needsPerson > 0 ? 3 : 0;
}

function table(rows: Row[], wanted: string[]): string {
  const columns = wanted.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  if (rows.length === 0) return 'nothing';
  const cells = [columns, ...rows.map((row) => columns.map((name) => String(row[name] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
