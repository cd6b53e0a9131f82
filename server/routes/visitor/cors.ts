/** What scripts on other sites' pages may call: the visitor routes, and nothing else of the API. */
import cors from 'cors';
import express, { type RequestHandler } from 'express';

export const visitorPaths = ['/v1/widget', '/v1/sessions', '/v1/calls', '/v1/chats'];

/**
 * A refusal holds no data, so every page may read it: that is how the element can tell which origin to allow. An answer
 * with data overrides this with the one page that may read it.
 */
export const visitorCors: RequestHandler[] = [
  cors({
    origin: '*',
    methods: ['GET', 'POST'],
    allowedHeaders: ['Content-Type'],
    exposedHeaders: ['Retry-After'],
    maxAge: 600,
  }),
  (_req, res, next) => {
    res.vary('Origin');
    next();
  },
];

/** Browsers send text/plain without asking first (no CORS preflight in the click path). */
export const visitorBody = express.text({ type: ['text/plain', 'application/json'], limit: '16kb' });
