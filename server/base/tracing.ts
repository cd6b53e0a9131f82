/**
 * What a request or a piece of work did, and for how long. The trace of a call follows from the id of its session, so that
 * the session, the start and the reports that arrive minutes later, at whichever process, are one trace without anything
 * being stored, sent to Vapi or accepted from it. What a request says about traces (`traceparent`) is never read: anyone
 * could write themselves into the operator's traces.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Names, codes and ids only: never a body, a header, a query, a phone number or the message of an error. */
export type Attributes = Record<string, string | number | boolean>;

export interface FinishedSpan {
  traceId: string;
  spanId: string;
  parentId: string | null;
  name: string;
  kind: 'server' | 'client' | 'internal';
  /** Epoch milliseconds. */
  startMs: number;
  durationMs: number;
  attributes: Attributes;
  /** A stable code, or the class of an error; null when it succeeded. */
  failure: string | null;
}

export interface SpanOptions {
  kind?: FinishedSpan['kind'];
  attributes?: Attributes;
  /** A trace of its own: one request may book many calls. */
  apart?: boolean;
}

export interface Tracing {
  /** Makes a span of each request that passes. */
  requests: RequestHandler;
  /** Runs the work in a span; spans begun in it are its children. */
  span<Result>(name: string, work: () => Promise<Result>, options?: SpanOptions): Promise<Result>;
  /**
   * The request or work in progress belongs to that session's or call's trace. The first one counts.
   * @param id of a session or its reservation, or of a call without one
   * @param begins whether the trace begins with this request
   */
  join(id: string, begins?: boolean): void;
  /** Adds to the innermost span in progress. */
  note(attributes: Attributes): void;
}

/** One that has run away must not hold any number of them. */
const mostChildren = 100;

interface OpenSpan extends Omit<FinishedSpan, 'traceId' | 'parentId' | 'durationMs'> {
  since: number;
  parent: OpenSpan | null;
  unit: Unit;
}

/** A request, or work apart from one: all its spans are in one trace, which is known when it has ended. */
interface Unit {
  outermost: OpenSpan | null;
  trace: Trace | null;
  finished: FinishedChild[];
  isOver: boolean;
}
type FinishedChild = { span: OpenSpan; durationMs: number };

interface Trace {
  id: string;
  /** The span with which it begins; null if nothing of ours does. */
  beginsWith: string | null;
  begins: boolean;
}

export function createTracing(now: () => number, finished: (span: FinishedSpan) => void): Tracing {
  const current = new AsyncLocalStorage<OpenSpan>();

  function open(name: string, { kind = 'internal', attributes = {}, apart = false }: SpanOptions): OpenSpan {
    const parent = apart ? null : (current.getStore() ?? null);
    const unit = parent?.unit ?? { outermost: null, trace: null, finished: [], isOver: false };
    const spanId = randomBytes(8).toString('hex');
    const times = { startMs: now(), since: performance.now() };
    const span = { name, kind, attributes: { ...attributes }, spanId, ...times, parent, unit, failure: null };
    unit.outermost ??= span;
    return span;
  }

  function end(span: OpenSpan): void {
    const { unit } = span;
    const child = { span, durationMs: performance.now() - span.since };
    if (unit.isOver) {
      emit(child);
      return;
    }
    if (span !== unit.outermost) {
      if (unit.finished.length < mostChildren) unit.finished.push(child);
      return;
    }
    unit.isOver = true;
    unit.trace ??= { id: randomBytes(16).toString('hex'), beginsWith: null, begins: false };
    if (unit.trace.begins && unit.trace.beginsWith) span.spanId = unit.trace.beginsWith;
    for (const each of [...unit.finished, child]) emit(each);
    unit.finished = [];
  }

  function emit({ span, durationMs }: FinishedChild): void {
    const { name, kind, spanId, startMs, attributes, failure, parent, unit } = span;
    const trace = unit.trace as Trace;
    const parentId = parent ? parent.spanId : trace.begins ? null : trace.beginsWith;
    finished({
      ...{ traceId: trace.id, spanId, parentId, name, kind, startMs, durationMs, attributes, failure },
    });
  }

  return {
    requests(req, res, next) {
      const span = open(req.method, { kind: 'server', apart: true });
      res.once('close', () => {
        const route: unknown = req.route?.path;
        const path = typeof route === 'string' ? `${req.baseUrl}${route}`.replace(/(?<=.)\/$/, '') : null;
        span.name = `${req.method} ${path ?? '(no route)'}`;
        span.attributes = {
          ...span.attributes,
          'http.request.method': req.method,
          ...(path === null ? {} : { 'http.route': path }),
          ...(res.headersSent ? { 'http.response.status_code': res.statusCode } : {}),
        };
        const failure: unknown = res.locals.errorCode;
        // A refusal is an answer, not a failure of this server.
        if (!res.writableFinished) span.failure = 'aborted';
        else if (typeof failure === 'string' && res.statusCode >= 500) span.failure = failure;
        if (typeof failure === 'string') span.attributes['error.type'] = failure;
        end(span);
      });
      current.run(span, next);
    },
    async span(name, work, options = {}) {
      const span = open(name, options);
      try {
        return await current.run(span, work);
      } catch (error) {
        span.failure = failureOf(error);
        throw error;
      } finally {
        end(span);
      }
    },
    join(id, begins = false) {
      const unit = current.getStore()?.unit;
      if (unit && !unit.isOver) unit.trace ??= traceOf(id, begins);
    },
    note(attributes) {
      const span = current.getStore();
      if (span) Object.assign(span.attributes, attributes);
    },
  };
}

/** Runs the work in a span if there is tracing. */
export function inSpan<Result>(
  { tracing }: { tracing: Tracing | null },
  name: string,
  work: () => Promise<Result>,
  options?: SpanOptions,
): Promise<Result> {
  return tracing ? tracing.span(name, work, options) : work();
}

/** A message's reservation is named after its session. The id itself, a part of a token, is not recognizable in it. */
function traceOf(id: string, begins: boolean): Trace {
  const isSession = /^(ses|msg)_/.test(id);
  const hash = createHash('sha256').update(id.replace(/^msg_/, 'ses_')).digest('hex');
  return { id: hash.slice(0, 32), beginsWith: isSession ? hash.slice(32, 48) : null, begins };
}

/** The code of an answer, or the class: a message may contain what a caller or Vapi has said. */
function failureOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[\w-]{1,40}$/.test(code)) return code;
  return error instanceof Error ? error.constructor.name : 'Error';
}
