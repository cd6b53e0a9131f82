/** Where recordings come from may be hostile or broken, and who listens may be greedy. */
import assert from 'node:assert/strict';
import { get as plainGet, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import express from 'express';
import { errorHandler } from '../../../server/errors.ts';
import { authenticate } from '../../../server/routes/caller.ts';
import { recordingRoutes } from '../../../server/routes/recording.ts';
import { createRecordingsApi } from '../../../server/vapi/recording.ts';
import type { RecordingNotes } from '../../../server/vapi/recording-notes.ts';
import { serve } from '../../support/listen.ts';
import { codeOf } from '../../support/test-server.ts';
import { slowed, until } from '../../support/until.ts';
import { pathOf, type RecordingStage, startRecordingStage } from './recording-stage.ts';

let stage: RecordingStage;
before(async () => {
  stage = await startRecordingStage();
});
after(() => stage?.close());

/** A call whose recording Vapi says to be there. */
async function callAt(t: TestContext, listener: RequestListener, query = ''): Promise<string> {
  return stage.made({ recordingRedirect: `${await serve(t, listener)}/a.wav?${query}` });
}

/** Requests that were handled after their sender had gone. */
let gone = 0;

/** The same routes with other limits. @returns their base URL */
async function limited(
  t: TestContext,
  limits: Partial<Parameters<typeof recordingRoutes>[1]>,
): Promise<string> {
  const { ctx } = stage.server;
  const generous = { mostBytes: 1e9, idleMs: 3_600_000, mostAtOnce: 100 };
  const app = express();
  app.use((request, response, next) => {
    Object.assign(request, { log: ctx.log });
    response.locals.path = request.path;
    if (request.headers.prefer !== 'wait') return next();
    // As when the key is looked up so slowly that its owner leaves meanwhile.
    response.once('close', () => {
      next();
      gone += 1;
    });
  });
  app.use('/v1/tenants', authenticate(ctx), recordingRoutes(ctx, { ...generous, ...limits }), errorHandler);
  const own = app.listen(0, '127.0.0.1');
  t.after(() => {
    own.closeAllConnections();
    own.close();
  });
  await until(() => own.listening, 'the port');
  return `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
}

describe('a storage that is hostile or broken', () => {
  const secret = 'signature=top-secret-signature';

  const at = (listener: RequestListener, t: TestContext) => callAt(t, listener, secret);

  const answers: [string, RequestListener][] = [
    ['refuses', (request, response) => response.writeHead(403).end(`<Error>${request.url}</Error>`)],
    ['has a fault', (_request, response) => response.writeHead(500).end('fault')],
    ['answers a part that no one asked for', (_request, response) => response.writeHead(206).end('part')],
    ['breaks the line', (request) => request.socket.destroy()],
    ['does not speak HTTP', (request) => request.socket.end(`nonsense ${request.url}\r\n\r\n`)],
  ];
  for (const [does, listener] of answers)
    it(`and ${does} is “vapi_unavailable”, and its signed address is in no answer and no log`, async (t) => {
      const { server } = stage;
      const answer = await server.operator('GET', pathOf(await at(listener, t)));
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'vapi_unavailable']);
      for (const place of [answer.text, server.log.join('\n')])
        assert.ok(!place.includes('top-secret-signature'), does);
    });

  it('and has a page instead of a sound: no browser takes it for one', async (t) => {
    const id = await at((_request, response) => {
      const headers = {
        'content-type': 'text/html',
        'set-cookie': 'a=b',
        refresh: '0; url=https://evil.example',
      };
      response.writeHead(200, headers).end('<script>alert(1)</script>');
    }, t);
    const { status, headers } = await stage.fetched(pathOf(id));
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'audio/wav');
    assert.deepEqual([headers.get('set-cookie'), headers.get('refresh')], [null, null]);
  });

  it('and breaks off: so does our answer, so that a part is not taken for the whole', async (t) => {
    const id = await at((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.write('the beginning', () => response.destroy());
    }, t);
    await assert.rejects(stage.fetched(pathOf(id)));
    await until(
      () => stage.server.log.some((line) => line.includes('a recording broke off')),
      'the line in the log',
    );
  });

  it('and never ends is broken off after the most bytes that a call can have', async (t) => {
    const { server } = stage;
    let closed = false;
    const id = await at((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.on('close', () => {
        closed = true;
      });
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(1000), () => setImmediate(more));
      };
      more();
    }, t);
    const url = (await limited(t, { mostBytes: 10_000 })) + pathOf(id);
    const headers = { authorization: `Bearer ${server.operatorKey}` };
    // It may be broken off before the head of our answer has been sent.
    await assert.rejects(fetch(url, { headers }).then((answer) => answer.arrayBuffer()));
    await until(() => closed, 'the storage to be left alone');
  });

  it('and falls silent is broken off', async (t) => {
    const id = await at((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' }).write('the beginning');
    }, t);
    const url = (await limited(t, { idleMs: 1 })) + pathOf(id);
    const headers = { authorization: `Bearer ${stage.server.operatorKey}` };
    await assert.rejects(fetch(url, { headers }).then((answer) => answer.arrayBuffer()));
  });

  it('and is slow is left alone as soon as the visitor has gone', async (t) => {
    const { server } = stage;
    let asked = false;
    let closed = false;
    const id = await at((_request, response) => {
      asked = true;
      response.on('close', () => {
        closed = true;
      });
    }, t);
    const request = plainGet(server.url + pathOf(id), {
      headers: { authorization: `Bearer ${server.operatorKey}` },
    }).on('error', () => {});
    await until(() => asked, 'the storage to be asked');
    request.destroy();
    await until(() => closed, 'the storage to be left alone');
  });
});

describe('recordings of one client', () => {
  it('are played at the same time only so many; another’s, and the operator’s, play on', async (t) => {
    const { server, addTenant } = stage;
    const id = await stage.made();
    const endless = await callAt(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' }).write('the beginning');
    });
    const base = await limited(t, { mostAtOnce: 1 });
    await addTenant('listener');
    const [own, other] = [await stage.reader('acme'), await stage.reader('listener')];
    const status = async (key: string, path: string) => {
      const answer = await fetch(base + path, { headers: { authorization: `Bearer ${key}` } });
      await answer.arrayBuffer();
      return answer.status;
    };
    const playing = await fetch(base + pathOf(endless), { headers: { authorization: `Bearer ${own}` } });
    assert.equal(playing.status, 200);
    assert.equal(await status(own, pathOf(id)), 429);
    assert.equal(await status(other, `/v1/tenants/listener/calls/${id}/recording`), 404);
    assert.equal(await status(server.operatorKey, pathOf(id)), 200);
    await playing.body?.cancel();
    await until(async () => (await status(own, pathOf(id))) === 200, 'the place to be free again');
  });

  it('take no place when the visitor has gone before they are looked for', async (t) => {
    const id = await stage.made();
    const base = await limited(t, { mostAtOnce: 1 });
    const authorization = `Bearer ${await stage.reader('acme')}`;
    const get = (headers: object, signal?: AbortSignal) =>
      fetch(base + pathOf(id), { headers: { authorization, ...headers }, ...(signal ? { signal } : {}) });
    await assert.rejects(get({ prefer: 'wait' }, AbortSignal.timeout(100)));
    await until(() => gone === 1, 'the request to be handled');
    const answer = await get({});
    await answer.arrayBuffer();
    assert.equal(answer.status, 200);
  });
});

describe('Vapi that sends the sound itself', () => {
  it('is asked with the key, and by range', async (t) => {
    const asked: (string | undefined)[][] = [];
    const base = await serve(t, (request, response) => {
      asked.push([request.url, request.headers.authorization, request.headers.range]);
      const headers = { 'content-type': 'audio/mpeg', 'content-range': 'bytes 1-3/9', 'x-org': 'secret' };
      response.writeHead(206, headers).end('oun');
    });
    const api = createRecordingsApi(base, 'the-key', () => 0);
    const notes: RecordingNotes = {
      callId: 'a call',
      signed: { mono: null, stereo: null },
      signedUntil: null,
      isUnrecorded: false,
      endedAt: 0,
    };
    const signal = AbortSignal.timeout(slowed(60_000));
    const found = await api.open(notes, { channels: 'stereo', range: 'bytes=1-3', signal });
    const text = Buffer.concat((await found?.body.toArray()) ?? []).toString();
    assert.deepEqual(
      [found?.status, found?.type, found?.contentRange, text],
      [206, 'audio/mpeg', 'bytes 1-3/9', 'oun'],
    );
    assert.deepEqual(asked, [['/call/a%20call/stereo-recording', 'Bearer the-key', 'bytes=1-3']]);
  });
});
