/** The only module that calls the server: `/v1` on the same origin, with the browser's cookie. */
import type { Problem, RecordingState } from '../../contract.ts';
import type { WordKey } from '../language/en.ts';
import { isEnglish, say } from '../language/words.ts';

/** A problem with one field of a request. */
export interface FieldError {
  /** In the body: `limits.hours.0.from`. */
  path: string;
  message: string;
}

/** The server's refusal of a request. */
export class Refusal extends Error {
  readonly status: number;
  /** Stable; `offline` when there was no answer at all. */
  readonly code: string;
  readonly errors: FieldError[];
  /** The server has said when to try again. */
  isLater = false;
  constructor(status: number, code: string, message: string, errors: FieldError[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Dispatched on the window when the sign-in has ended. */
export const signedOut = 'portal-signed-out';

/** Relative to the page, so it works wherever the server is mounted. */
export function urlOf(path: string): string {
  return new URL(`../v1/${path}`, document.baseURI).href;
}

/** @param path below `/v1/` @throws Refusal */
export async function get<Answer>(path: string): Promise<Answer> {
  return (await (await ask(path, {})).json()) as Answer;
}

/** Whether a recording can be played, without loading it. @throws Refusal */
export async function recordingStateAt(path: string): Promise<RecordingState> {
  try {
    await ask(path, { method: 'HEAD' });
    return 'ready';
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    return error.isLater ? 'not-ready' : 'none';
  }
}

/**
 * @param version of what is changed: refused as `conflict` if it is no longer that one
 * @returns undefined for an answer without a body @throws Refusal
 */
export async function send<Answer>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body: object = {},
  version?: string,
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
  };
  const response = await ask(path, { method, headers, body: JSON.stringify(body) });
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

/** @throws Refusal */
export function post<Answer>(path: string, body: object = {}): Promise<Answer> {
  return send('POST', path, body);
}

export type Page<Name extends string, Row> = Record<Name, Row[]> & { nextCursor: string | null };

/** Reads every page of a list. @throws Refusal */
export async function getAll<Name extends string, Row>(path: string, name: Name): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Name, Row> = await get(cursor === null ? path : atCursor(path, cursor));
    rows.push(...page[name]);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}

/** The path of a list's next page. */
export function atCursor(path: string, cursor: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
}

/** Downloads a list as a file; a plain link cannot request CSV. @throws Refusal */
export async function saveCsv(path: string, name: string): Promise<void> {
  await save(await ask(path, { headers: { accept: 'text/csv' } }), `${name}.csv`);
}

/** Downloads the answer to a request with a body. @throws Refusal */
export async function saveJson(path: string, body: object, name: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await save(await ask(path, { method: 'POST', headers, body: JSON.stringify(body) }), `${name}.json`);
}

async function save(response: Response, name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** For readers of another language: the server explains itself in English. */
const wordsOf: Record<string, WordKey> = {
  invalid_request: 'errorInvalid',
  forbidden: 'errorForbidden',
  conflict: 'errorConflict',
  rate_limited: 'errorTooMany',
  not_found: 'missingHelp',
  vapi_unavailable: 'errorUnavailable',
  database_unavailable: 'errorUnavailable',
  stripe_unavailable: 'errorUnavailable',
};

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(urlOf(path), { credentials: 'same-origin', ...init }).catch(() => {
    throw new Refusal(0, 'offline', say('offline'));
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 401) dispatchEvent(new Event(signedOut));
  const first = problem.errors?.[0];
  const said = problem.detail ?? (first ? `${first.path}: ${first.message}` : problem.title);
  const message = isEnglish() ? said : say(wordsOf[problem.code ?? ''] ?? 'failed');
  const refusal = new Refusal(
    response.status,
    problem.code ?? 'unknown',
    message ?? say('refused', { status: response.status }),
    isEnglish() ? problem.errors : problem.errors?.map(({ path }) => ({ path, message: say('wrongEntry') })),
  );
  refusal.isLater = response.headers.has('retry-after');
  throw refusal;
}
