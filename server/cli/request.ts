/** A command's request to the HTTP API, and how its answer is shown. */
import { readFileSync } from 'node:fs';
import type { parseArgs } from 'node:util';

export const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  'no-wait': { type: 'boolean' },
  'test-call': { type: 'boolean' },
  assistant: { type: 'string' },
  backdate: { type: 'boolean' },
  prices: { type: 'boolean' },
  tenant: { type: 'string' },
  email: { type: 'string' },
  month: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  by: { type: 'string' },
  status: { type: 'string' },
  state: { type: 'string' },
  platform: { type: 'string' },
  lang: { type: 'string' },
  origin: { type: 'string' },
  'grace-hours': { type: 'string' },
  note: { type: 'string' },
  reference: { type: 'string' },
  amount: { type: 'string' },
  expires: { type: 'string' },
  'credit-line': { type: 'string' },
  'low-mark': { type: 'string', multiple: true },
  record: { type: 'string' },
  line: { type: 'string', multiple: true },
} as const;
export type Flags = ReturnType<
  typeof parseArgs<{ options: typeof options; allowPositionals: true }>
>['values'];

export type Row = Record<string, unknown>;

export interface Request {
  method: string;
  path: string;
  body?: object;
  /** The list in the answer that is shown as a table; without it the whole answer is shown. */
  list?: string;
  /** Of each table; by default all. */
  columns?: string[];
  /** The answer is a close that has begun: its report is waited for. */
  follow?: boolean;
  /** What is shown instead of the answer: the result alone, further text for a person, the exit code. */
  tell?: (answer: Row) => { result: string; beside: string; exitCode: number };
}

export interface Command {
  /**
   * As it is typed: `plan <tenant> set <plan> [--from <day>]`. `a|b` is one of them, `<…>` a value, `<reason…>` all
   * remaining words; brackets are optional.
   */
  usage: string;
  about: string;
  /**
   * @param words what was typed for values and for `a|b`, in order
   * @param read asks the API for what the request depends on, such as the currency of an amount
   */
  ask(words: string[], flags: Flags, read: Read): Request | Promise<Request>;
}

export const command = (usage: string, about: string, ask: Command['ask']): Command => ({
  usage,
  about,
  ask,
});

export type Read = (request: Request) => Promise<Row>;

/** The command line cannot be understood: exit code 2. */
export class Misuse extends Error {}

export function get(path: string): Request {
  return { method: 'GET', path };
}

export function post(path: string, body?: object): Request {
  return { method: 'POST', path, ...(body && { body }) };
}

/** Shows the current value, or replaces it with a file's content. */
export function getOrPut(path: string, file: string | undefined): Request {
  return file ? { method: 'PUT', path, body: readJson(file) } : get(path);
}

export function list(path: string, name: string, columns: string[]): Request {
  return { ...get(path), list: name, columns };
}

/** @param parts further parts of the path, such as `calls` and an id */
export function tenantPath(...parts: string[]): string {
  return `/v1/tenants/${parts.map(encodeURIComponent).join('/')}`;
}

/** The flags that were given, of those named. */
export function given<Name extends keyof Flags>(flags: Flags, ...names: Name[]): Pick<Flags, Name> {
  const entries = names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]));
  return Object.fromEntries(entries);
}

/** The given values as a query, with its question mark. */
export function query(values: object): string {
  const text = new URLSearchParams(values as Record<string, string>).toString();
  return text && `?${text}`;
}

/** @throws Error when the file does not exist or is not a JSON object */
export function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  throw new Error(`${file} does not contain a JSON object.`);
}
