/** Cursors: where a list goes on. Most are ordered by time and then by id. */
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
  const [time, id] = positionIn(cursor, cursorSchema);
  return { time, id };
}

export function cursorOf(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws ApiError `invalid_request` when it is none of `cursorOf` with that shape */
export function positionIn<Place>(cursor: string, shape: z.ZodType<Place>): Place {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
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
  return { page, nextCursor: cursorOf([last[time] ?? 0, last.id]) };
}
