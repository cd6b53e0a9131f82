/** Asks the server, and shows what it says. */
import type { Request, Row } from './request.ts';

/** @returns the answer; of a list all pages in one */
export async function ask(server: string, key: string, request: Request): Promise<Row> {
  const { method, path, body } = request;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  let whole: Row | null = null;
  let cursor: string | null = null;
  do {
    const url = new URL(path, server);
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    const answer = (text ? JSON.parse(text) : {}) as Row;
    if (!response.ok) {
      const errors = (answer.errors ?? []) as { path: string; message: string }[];
      const details = errors.map((error) => `\n  ${error.path}: ${error.message}`).join('');
      throw new Error(`${answer.detail ?? answer.title ?? response.status} (${answer.code})${details}`);
    }
    if (whole && request.list) {
      answer[request.list] = [...(whole[request.list] as Row[]), ...(answer[request.list] as Row[])];
    }
    whole = answer;
    cursor = request.list && typeof answer.nextCursor === 'string' ? answer.nextCursor : null;
  } while (cursor !== null);
  return whole;
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
