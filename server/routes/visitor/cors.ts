/** What scripts on other sites' pages may call: the visitor routes, and nothing else of the API. */
import cors from 'cors';
import express, { type RequestHandler } from 'express';

export const visitorPaths = ['/v1/widget', '/v1/sessions', '/v1/calls', '/v1/chats', '/v1/leads'];

/** A page's monitoring adds a few headers to each of its requests; more is not monitoring. */
const mostHeaders = 30;

/**
 * The names in a preflight that a page may send. We read none of them: they come from scripts that trace every `fetch`
 * of the page, and without them the browser would refuse our call, too. Never a credential, for which these routes have
 * no use.
 */
function allowedHeaders(asked: string): string[] {
  const names = asked.split(',', mostHeaders).map((name) => name.trim());
  const harmless = names.filter(
    (name) => /^[\w-]{1,64}$/.test(name) && !/^(proxy-)?authorization$|^cookie$|^content-type$/i.test(name),
  );
  return ['Content-Type', ...harmless];
}

/**
 * A refusal holds no data, so every page may read it: that is how the element can tell which origin to allow. An answer
 * with data overrides this with the one page that may read it.
 */
export const visitorCors: RequestHandler[] = [
  (_req, res, next) => {
    // First: the middleware behind answers a preflight itself, for the headers that it names.
    res.vary('Origin, Access-Control-Request-Headers');
    next();
  },
  cors((req, done) =>
    done(null, {
      origin: '*',
      methods: ['GET', 'POST'],
      allowedHeaders: allowedHeaders(String(req.headers['access-control-request-headers'] ?? '')),
      exposedHeaders: ['Retry-After'],
      maxAge: 600,
    }),
  ),
];

/** Browsers send text/plain without asking first (no CORS preflight in the click path). */
export const visitorBody = express.text({ type: ['text/plain', 'application/json'], limit: '16kb' });
