/** Cursors for lists that are ordered by time and then by id. */
import { z } from 'zod';
import { type ApiError, invalidField } from '../errors.ts';

/** PostgreSQL cannot compare with a zero byte, and none of our ids has one. */
const cursorSchema = z.tuple([
  z.int(),
  z
    .string()
    .max(100)
    .regex(/^[^\0]*$/),
]);

interface Position {
  /** Epoch milliseconds. */
  time: number;
  id: string;
}

/** @throws ApiError `invalid_request` */
function readCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  try {
    const [time, id] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { time, id };
  } catch {
    throw strangeCursor();
  }
}

export function strangeCursor(): ApiError {
  return invalidField('cursor', 'is not a valid cursor');
}

/**
 * One page of a list that is ordered by the column `time`.
 * @param list reads that many rows from the one after `after`
 * @returns the rows, and the cursor of the next page if there is one
 * @throws ApiError `invalid_request`
 */
export async function readPage<Time extends string, Row extends { id: string } & Record<Time, number | null>>(
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  time: Time,
  list: (after: ({ id: string } & Record<Time, number>) | null, limit: number) => Promise<Row[]>,
): Promise<{ page: Row[]; nextCursor: string | null }> {
  const position = readCursor(cursor);
  const after =
    position && ({ [time]: position.time, id: position.id } as { id: string } & Record<Time, number>);
  const rows = await list(after, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || !last) return { page, nextCursor: null };
  return { page, nextCursor: Buffer.from(JSON.stringify([last[time] ?? 0, last.id])).toString('base64url') };
}
