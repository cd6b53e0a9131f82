/** What a command asks of the HTTP API, and how its answer is to be shown. */
import { readFileSync } from 'node:fs';
import type { parseArgs } from 'node:util';

export const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  backdate: { type: 'boolean' },
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
} as const;
export type Flags = ReturnType<
  typeof parseArgs<{ options: typeof options; allowPositionals: true }>
>['values'];

export type Row = Record<string, unknown>;

export interface Request {
  method: string;
  path: string;
  body?: object;
  /** The list in the answer that is shown as a table; without it the whole answer is shown as JSON. */
  list?: string;
  columns?: string[];
  /** What is said of the answer instead: the result on its own, what a person should know beside it, the exit code. */
  tell?: (answer: Row) => { result: string; beside: string; exitCode: number };
}

/** @returns null when the words after the command make no sense */
export type Command = (words: string[], flags: Flags) => Request | null;

export function get(path: string): Request {
  return { method: 'GET', path };
}

export function list(path: string, name: string, columns: string[]): Request {
  return { ...get(path), list: name, columns };
}

export function tenantPath(handle: string): string {
  return `/v1/tenants/${encodeURIComponent(handle)}`;
}

/** The flags that were given, of those named. */
export function given<Name extends keyof Flags>(flags: Flags, ...names: Name[]): Pick<Flags, Name> {
  const entries = names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]));
  return Object.fromEntries(entries);
}

/** The given flags as a query, with its question mark. */
export function query(flags: Flags, ...names: (keyof Flags)[]): string {
  const text = new URLSearchParams(given(flags, ...names) as Record<string, string>).toString();
  return text && `?${text}`;
}

/** @throws Error when the file is not there or is no JSON object */
export function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  throw new Error(`${file} holds no JSON object.`);
}
