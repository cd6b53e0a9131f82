/** Reads a request's body exactly as it was sent, within bounds on memory and time. */
import type { IncomingMessage } from 'node:http';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib';
import type { ErrorCode } from '../contract.ts';
import { ApiError, type ApiErrorOptions } from '../errors.ts';

export interface BodyBounds {
  /** Bytes, both as sent and decompressed. */
  longest: number;
  /** Called before each chunk is kept; false refuses the body. */
  take(bytes: number): boolean;
  /** From now to the last byte, in milliseconds; null leaves it to the web server's own time limit. */
  deadlineMs: number | null;
}

/** How long a refused sender may continue, unread, so that it sees the answer instead of a broken connection. */
const lingerMs = 1000;
/** RFC 9659: a larger window would let a few bytes reserve 128 MB. */
const zstdWindowLog = 23;

/**
 * A compressed body is charged both as sent and decompressed.
 * @throws ApiError `payload_too_large`; `rate_limited` when `take` refuses; `request_timeout` after the deadline;
 * `invalid_request` for a broken or unknown encoding and a body that ends early
 */
export function readBody(req: IncomingMessage, { longest, take, deadlineMs }: BodyBounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body = growingBuffer(longest);
    const decoder = hasBody(req) ? decoderOf(req) : null;
    let received = 0;
    let isSettled = false;
    const timer = deadlineMs === null ? null : setTimeout(() => refuse('request_timeout'), deadlineMs);
    /** @returns false if it was already settled */
    const settle = () => {
      if (isSettled) return false;
      isSettled = true;
      if (timer) clearTimeout(timer);
      req.off('data', onSent);
      if (decoder) {
        req.unpipe(decoder);
        decoder.destroy();
      }
      letGo(req);
      return true;
    };
    const refuse = (code: ErrorCode, options: ApiErrorOptions = {}) => {
      if (settle()) reject(new ApiError(code, options));
    };
    const finish = () => {
      if (settle()) resolve(body.bytes());
    };
    const broken = () => refuse('invalid_request', { detail: 'The body does not match its headers.' });
    /** @returns whether it may be kept */
    const charge = (sum: number, bytes: number) => {
      if (isSettled) return false;
      if (sum > longest) refuse('payload_too_large');
      else if (!take(bytes)) refuse('rate_limited', { retryAfter: 2 });
      return !isSettled;
    };
    const onSent = (chunk: Buffer) => {
      received += chunk.length;
      if (charge(received, chunk.length) && !decoder) body.add(chunk);
    };
    const onUnfolded = (chunk: Buffer) => {
      if (charge(body.length + chunk.length, chunk.length)) body.add(chunk);
    };

    // These listeners stay: an unhandled error event would end the process.
    req.on('error', broken).on('close', () => {
      if (!req.complete) broken();
    });
    decoder?.on('error', broken);
    if (decoder === undefined) {
      refuse('invalid_request', { detail: 'The content encoding is not supported.' });
    } else if (Number(req.headers['content-length']) > longest) {
      refuse('payload_too_large');
    } else if (req.destroyed) {
      broken();
    } else {
      req.on('data', onSent);
      if (decoder) req.pipe(decoder.on('data', onUnfolded).on('end', finish));
      else req.on('end', finish);
    }
  });
}

/**
 * Leaves a body unread. Its sender may continue for a second, because closing the connection immediately could discard
 * the answer.
 */
export function letGo(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return;
  req.resume();
  const timer = setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, lingerMs);
  req.once('close', () => clearTimeout(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}

/** @returns null when it is not compressed; undefined for an unknown encoding */
function decoderOf(req: IncomingMessage) {
  switch (req.headers['content-encoding']?.toLowerCase() ?? 'identity') {
    case 'identity':
      return null;
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } });
    default:
      return undefined;
  }
}

/** One buffer: otherwise a body that is sent byte by byte would become as many objects. */
function growingBuffer(longest: number) {
  let held = Buffer.alloc(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(chunk: Buffer) {
      const needed = length + chunk.length;
      if (needed > held.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(longest, Math.max(needed, 2 * held.length)));
        held.copy(larger, 0, 0, length);
        held = larger;
      }
      length += chunk.copy(held, length);
    },
    bytes: () => held.subarray(0, length),
  };
}
