import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { ApiError } from '../errors.ts';

/** @throws ApiError `invalid_request`, naming every invalid field and why */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    refuseZeroBytes(parsed.data);
    return parsed.data;
  }
  const errors = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new ApiError('invalid_request', { errors });
}

/** PostgreSQL cannot store one in a text, and no legitimate text has one; so neither engine is given one. */
function refuseZeroBytes(value: unknown): void {
  JSON.stringify(value, (name, inner: unknown) => {
    if (name.includes('\0') || (typeof inner === 'string' && inner.includes('\0'))) {
      throw new ApiError('invalid_request', { detail: 'A text contains a zero byte.' });
    }
    return inner;
  });
}

/** A path must be decodable, and one that contains a zero byte matches nothing. */
export const checkPath: RequestHandler = (req, res, next) => {
  let path: string;
  try {
    path = decodeURIComponent(req.path);
  } catch {
    throw new ApiError('invalid_request', { detail: 'The path cannot be decoded.' });
  }
  if (path.includes('\0')) throw new ApiError('not_found');
  res.locals.path = req.path;
  next();
};

/** @throws ApiError `invalid_request` */
export function parseJsonText(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw new ApiError('invalid_request', { detail: 'The body is not JSON.' });
  }
}
