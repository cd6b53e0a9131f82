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

export interface Position {
  /** Epoch milliseconds. */
  time: number;
  id: string;
}

/** @throws ApiError `invalid_request` */
export function readCursor(cursor: string | undefined): Position | null {
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
 * One page of rows, read with one row more than the page holds.
 * @returns the rows, and the cursor of the next page if there is one
 */
export function cutPage<Row>(
  rows: Row[],
  limit: number,
  position: (row: Row) => Position,
): { page: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { page, nextCursor: null };
  const { time, id } = position(last);
  return { page, nextCursor: Buffer.from(JSON.stringify([time, id])).toString('base64url') };
}
