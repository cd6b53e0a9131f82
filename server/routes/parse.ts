import type { z } from 'zod';
import { ApiError } from '../errors.ts';

/** @throws ApiError `invalid_request`, naming every field that does not fit and why */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new ApiError('invalid_request', { errors });
}

/** @throws ApiError `invalid_request` */
export function parseJsonText(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw new ApiError('invalid_request', { detail: 'The body is not JSON.' });
  }
}
