/**
 * The bucket with the recordings, a separate host beside the API. It is private: it returns a file only for a signed
 * address, and accepts none of the API's keys.
 */
import { createServer, type Server } from 'node:http';
import express, { type Express, type Response } from 'express';
import { findRecording, isSigned, recordings } from './recordings.ts';
import { wavOf } from './sound.ts';
import type { Download } from './types.ts';
import type { Call, World } from './world.ts';

export function createStorage(world: World): Server {
  return createServer(storageApp(world));
}

function storageApp(world: World): Express {
  const app = express();
  // A player asks for one file in many parts.
  let last: { file: string; bytes: Buffer } | undefined;
  app.disable('x-powered-by');
  app.get('/recordings/:file', (request, response) => {
    response.set({
      'x-amz-request-id': 'TX0000001',
      'x-amz-meta-bucket': 'private',
      ETag: '"etag-of-bucket"',
    });
    const url = new URL(request.originalUrl, world.storageUrl);
    const { authorization, range } = request.headers;
    const { file } = request.params;
    const from = url.searchParams.get('from') as Download['from'];
    const isRefused = from === 'artifact' && world.switches.refusePresigned;
    const found = findRecording(world, file);
    if (authorization !== undefined) refuse(response, 400, 'InvalidArgument');
    else if (request.method !== 'GET' || isRefused || !isSigned(world, url))
      refuse(response, 403, 'AccessDenied');
    else if (found === undefined) refuse(response, 404, 'NoSuchKey');
    else {
      if (last?.file !== file) last = { file, bytes: soundOf(found) };
      send(response, last.bytes, range);
    }
    // Before anyone can read the answer.
    world.downloads.push({ file, from, range: range ?? null, status: response.statusCode });
  });
  app.use((_request, response) => refuse(response, 403, 'AccessDenied'));
  return app;
}

function soundOf({ call, kind }: { call: Call; kind: string }): Buffer {
  const { startedAt = 0, endedAt = startedAt, lines } = call;
  return wavOf({ lines, from: startedAt, seconds: (endedAt - startedAt) / 1000 }, recordings[kind] ?? []);
}

function refuse(response: Response, status: number, code: string): void {
  response.status(status).type('application/xml').send(`<Error><Code>${code}</Code></Error>`);
}

/** The whole file, or the requested range of it. */
function send(response: Response, file: Buffer, asked: string | undefined): void {
  response.set({ 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes' });
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(asked ?? '') ?? [];
  if (first === '' && last === '') {
    response.set('Content-Length', String(file.length)).end(file);
    return;
  }
  const from = first === '' ? Math.max(0, file.length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? file.length - 1 : Math.min(Number(last), file.length - 1);
  if (from > to) {
    response.status(416).set('Content-Range', `bytes */${file.length}`).end();
    return;
  }
  const part = file.subarray(from, to + 1);
  response
    .status(206)
    .set({ 'Content-Range': `bytes ${from}-${to}/${file.length}`, 'Content-Length': String(part.length) })
    .end(part);
}
