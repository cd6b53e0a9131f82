/** The emulator's HTTP surface: what precedes every request, and what answers which path. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { internalError, Refusal, rateLimited } from './errors.ts';
import { adminRoutes } from './routes/admin.ts';
import { analyticsRoutes } from './routes/analytics.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { assistantRoutes } from './routes/assistants.ts';
import { callRoutes } from './routes/calls.ts';
import { chatRoutes } from './routes/chats.ts';
import { mediaRoutes } from './routes/media.ts';
import { phoneNumberRoutes } from './routes/phone-numbers.ts';
import { squadRoutes } from './routes/squads.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { published } from './traffic.ts';
import type { World } from './world.ts';

export function createApp(world: World): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(dated(world), anyPage);
  app.use(mediaRoutes(world));
  app.use(express.json({ limit: '5mb' }));
  app.use(adminRoutes(world));
  app.use(published, edge, outage(world), rateLimit(world));
  app.use(callRoutes(world), artifactRoutes(world), assistantRoutes(world), chatRoutes(world));
  app.use(analyticsRoutes(world), squadRoutes(world), phoneNumberRoutes(world), tokenRoutes(world));
  app.use((request) => {
    throw new Refusal(404, `Cannot ${request.method} ${request.path}`);
  });
  app.use(answerErrors(world));
  return app;
}

/** Vapi checks signatures by its own clock: an answer says what time it is there. */
const dated =
  (world: World): RequestHandler =>
  (_request, response, next) => {
    response.set('Date', new Date(world.now()).toUTCString());
    next();
  };

/** Every page may call the API from its browser, as at the real service. */
const anyPage: RequestHandler = (request, response, next) => {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Timing-Allow-Origin': '*',
  });
  if (request.method !== 'OPTIONS') return next();
  response
    .set({
      'Access-Control-Allow-Methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      'Access-Control-Allow-Headers':
        request.get('access-control-request-headers') ?? 'Authorization, Content-Type',
      'Access-Control-Allow-Private-Network': 'true',
      'Access-Control-Max-Age': '600',
    })
    .sendStatus(204);
};

/** The content delivery network in front of the service rejects requests without a user agent. */
const edge: RequestHandler = (request, response, next) => {
  if (request.get('user-agent') !== undefined) return next();
  response.status(403).type('text/plain').send('error code: 1010');
};

const outage =
  (world: World): RequestHandler =>
  (_request, _response, next) => {
    const status = world.switches.failEverythingWith;
    if (status === 0) return next();
    if (status === 429) throw rateLimited();
    if (status === 500) throw internalError();
    throw new Refusal(status, 'Service Unavailable');
  };

/** Counts by key, in minutes that begin with a first request; the service's own numbers are not published. */
const rateLimit =
  (world: World): RequestHandler =>
  (request, _response, next) => {
    const most = world.switches.requestsPerMinute;
    const key = request.get('authorization');
    if (most === 0 || key === undefined) return next();
    const now = world.now();
    const before = world.spent.get(key);
    const minute = before !== undefined && now < before.until ? before : { requests: 0, until: now + 60_000 };
    world.spent.set(key, minute);
    minute.requests += 1;
    if (minute.requests > most) throw rateLimited(Math.ceil((minute.until - now) / 1000));
    next();
  };

const answerErrors =
  (world: World): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const refusal = error instanceof Refusal ? error : fromParser(error);
    if (refusal.status === 500 && !(error instanceof Refusal)) world.log(`fault: ${error?.stack ?? error}`);
    world.log(
      `refused ${request.method} ${request.path.replace(/^\/_worker\/.*/, '/_worker/…')}: ${refusal.status}`,
    );
    response.status(refusal.status).set(refusal.headers).json(refusal.body);
  };

/** Faults of a body that could not be read; anything else is a fault of the emulator. */
function fromParser(error: { status?: number; message?: string }): Refusal {
  const { status = 500 } = error;
  return status < 500 ? new Refusal(status, error.message ?? '') : internalError();
}
