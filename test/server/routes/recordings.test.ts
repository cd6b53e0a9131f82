/** Recordings: private at Vapi, fetched with the key, passed on as sound and as nothing else. */
import assert from 'node:assert/strict';
import { createServer, get as plainGet, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import express from 'express';
import { errorHandler } from '../../../server/errors.ts';
import { authenticate } from '../../../server/routes/caller.ts';
import { recordingRoutes } from '../../../server/routes/recording.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork();
});
after(() => network?.close());

const pathOf = (id: string, query = '') => `/v1/tenants/acme/calls/${id}/recording${query}`;
const transcriptOf = async (id: string) =>
  (await network.server.operator('GET', `/v1/tenants/acme/calls/${id}/transcript`)).body;

async function made(wish: object = {}): Promise<string> {
  const { emulator, acme } = network;
  const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, cost: 0.1, ...wish });
  await emulator.waitForCall(id, 'settled');
  return id;
}

/** With the operator's key; the body as bytes. */
async function fetched(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { server } = network;
  const authorization = `Bearer ${server.operatorKey}`;
  const answer = await fetch(server.url + path, { method, headers: { authorization, ...headers } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const downloadsOf = (id: string) => network.emulator.downloads().filter(({ file }) => file.startsWith(id));

describe('a recording', () => {
  it('is fetched by the address in the call while it is fresh, else by Vapi’s redirect; the key is sent to neither', async () => {
    const id = await made();
    assert.equal((await fetched(pathOf(id))).status, 200);
    network.emulator.setSwitch('presignedSeconds', 0);
    try {
      assert.equal((await fetched(pathOf(id))).status, 200);
    } finally {
      network.emulator.setSwitch('presignedSeconds', 3600);
    }
    // The bucket refuses requests with a key: 400.
    assert.deepEqual(
      downloadsOf(id).map(({ from, status }) => [from, status]),
      [
        ['artifact', 200],
        ['endpoint', 200],
      ],
    );
  });

  it('whose fresh address the storage refuses is fetched by the redirect', async (t) => {
    const { emulator } = network;
    const id = await made();
    // The storage's clock says that it has expired; ours still has two minutes for it.
    const now = network.server.clock.now;
    emulator.setSwitch('presignedSeconds', 120);
    t.after(() => emulator.setSwitch('presignedSeconds', 3600));
    const { artifact } = (await (
      await fetch(`${emulator.url}/call/${id}`, {
        headers: { authorization: `Bearer ${network.acme.privateKey}`, 'user-agent': 'test' },
      })
    ).json()) as { artifact: { presignedUrlsExpiresAt: string } };
    assert.equal(Date.parse(artifact.presignedUrlsExpiresAt), now + 120_000);
    emulator.setSwitch('refusePresigned', true);
    t.after(() => emulator.setSwitch('refusePresigned', false));
    assert.equal((await fetched(pathOf(id))).status, 200);
    assert.deepEqual(
      downloadsOf(id).map(({ from, status }) => [from, status]),
      [
        ['artifact', 403],
        ['endpoint', 200],
      ],
    );
  });

  it('is passed on with type, length and a name, and without any header of the storage', async () => {
    const id = await made();
    const { headers, bytes } = await fetched(pathOf(id));
    assert.equal(headers.get('content-type'), 'audio/wav');
    assert.equal(headers.get('content-length'), String(bytes.length));
    assert.equal(headers.get('accept-ranges'), 'bytes');
    assert.equal(headers.get('content-disposition'), `inline; filename="${id}.wav"`);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    for (const name of ['etag', 'x-amz-request-id', 'x-amz-meta-bucket', 'location'])
      assert.equal(headers.get(name), null, name);
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44));
    assert.ok(samples.some((sample) => sample > 5000));
  });

  it('can be saved as a file, and in stereo', async () => {
    const id = await made();
    const { headers, bytes } = await fetched(pathOf(id, '?channels=stereo&download=yes'));
    assert.equal(headers.get('content-disposition'), `attachment; filename="${id}-stereo.wav"`);
    assert.equal(bytes.readUInt16LE(22), 2);
    assert.equal((await fetched(pathOf(id, '?channels=seven'))).status, 400);
  });

  it('is answered by range, so that a player can seek; a range that makes no sense is the whole', async () => {
    const id = await made();
    const whole = (await fetched(pathOf(id))).bytes;
    const part = await fetched(pathOf(id), { range: 'bytes=100-199' });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 100-199/${whole.length}`);
    assert.equal(part.headers.get('content-length'), '100');
    assert.deepEqual(part.bytes, whole.subarray(100, 200));
    const beyond = await fetched(pathOf(id), { range: `bytes=${whole.length}-` });
    assert.deepEqual(
      [beyond.status, beyond.headers.get('content-range'), beyond.bytes.length],
      [416, `bytes */${whole.length}`, 0],
    );
    for (const range of ['bytes=0-1,5-9', 'bytes=-', 'lines=1-2', 'bytes=1-2\u00a0'])
      assert.equal((await fetched(pathOf(id), { range })).status, 200, range);
    assert.ok(downloadsOf(id).every(({ range }) => range === null || /^bytes=\d+-\d*$/.test(range)));
  });

  it('has a head that can be asked for alone', async () => {
    const { status, headers, bytes } = await fetched(pathOf(await made()), {}, 'HEAD');
    assert.deepEqual([status, headers.get('content-type'), bytes.length], [200, 'audio/wav', 0]);
    assert.ok(Number(headers.get('content-length')) > 0);
  });

  it('leaves no address behind: not in an answer, in the log or in the database', async () => {
    const { server } = network;
    const id = await made();
    const { text } = await server.operator('GET', `/v1/tenants/acme/calls/${id}/transcript`);
    await fetched(pathOf(id));
    const row = await server.ctx.store
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    for (const place of [text, JSON.stringify(row), server.log.join('\n')])
      assert.doesNotMatch(place, /signature|recordings\/|presigned/i);
  });

  it('is the operator’s, and of a client only its own', async () => {
    const { server, addTenant } = network;
    const id = await made();
    await addTenant('rival');
    const reader = async (tenant: string) =>
      (await server.operator('POST', '/v1/keys', { name: 'reads', tenant })).body.key as string;
    const [own, foreign] = [await reader('acme'), await reader('rival')];
    const status = async (key: string, slug: string) =>
      (await fetched(`/v1/tenants/${slug}/calls/${id}/recording`, { authorization: `Bearer ${key}` })).status;
    assert.equal(await status(own, 'acme'), 200);
    assert.equal(await status(foreign, 'acme'), 404);
    assert.equal(await status(foreign, 'rival'), 404);
    assert.equal(await status('vak_nobody', 'acme'), 401);
    const answer = await server.request('GET', `/v1/tenants/rival/calls/${id}/recording`, {
      headers: { authorization: `Bearer ${foreign}` },
    });
    assert.equal(answer.body.detail, undefined);
  });

  it('is gone with the rest of what was said', async () => {
    const { server } = network;
    const id = await made();
    server.clock.now += 1;
    await server.operator('DELETE', `/v1/tenants/acme/calls/${id}/content`, { of: 'call' });
    const answer = await server.operator('GET', pathOf(id));
    assert.deepEqual(
      [codeOf(answer), answer.body.detail],
      ['not_found', 'What was said in this call was deleted.'],
    );
    assert.equal(downloadsOf(id).length, 0);
  });
});

describe('a recording that is not there', () => {
  it('is not ready while the call goes on and until it is stored, and can be played then', async (t) => {
    const { server, emulator, acme } = network;
    emulator.setSwitch('uploadDelayMs', 3_600_000);
    t.after(() => emulator.setSwitch('uploadDelayMs', 0));
    const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 0, live: true });
    await until(() => emulator.deliveries().some(({ callId }) => callId === id), 'the first report');
    const running = await server.operator('GET', pathOf(id));
    assert.deepEqual([running.status, codeOf(running)], [404, 'not_ready']);
    assert.match(running.body.detail, /still in progress/);
    emulator.endCall(id);
    await emulator.waitForCall(id, 'settled');
    const storing = await server.operator('GET', pathOf(id));
    assert.deepEqual([storing.status, codeOf(storing)], [404, 'not_ready']);
    assert.match(storing.body.detail, /not ready yet/);
    assert.ok(Number(storing.headers.get('retry-after')) > 0);
    assert.equal((await transcriptOf(id)).recordingState, 'not-ready');
    emulator.upload(id);
    assert.equal((await fetched(pathOf(id))).status, 200);
    const { recording, recordingState } = await transcriptOf(id);
    assert.deepEqual([recording, recordingState], [true, 'ready']);
  });

  it('is none when nothing was recorded, and when none has come a quarter of an hour after the end', async (t) => {
    const { server, emulator, acme } = network;
    const unrecorded = await made({ assistantOverrides: { artifactPlan: { recordingEnabled: false } } });
    const unjoined = emulator.makeCall({ assistantId: acme.assistantId, seconds: 0 }).id;
    await emulator.waitForCall(unjoined, 'settled');
    emulator.setSwitch('uploadDelayMs', 3_600_000);
    t.after(() => emulator.setSwitch('uploadDelayMs', 0));
    const lost = await made({ createdAt: new Date(server.clock.now - 16 * 60_000).toISOString() });
    for (const id of [unrecorded, unjoined, lost]) {
      const answer = await server.operator('GET', pathOf(id));
      assert.deepEqual(
        [answer.status, codeOf(answer), answer.body.detail],
        [404, 'not_found', 'This call has no recording.'],
      );
      const { recording, recordingState } = await transcriptOf(id);
      assert.deepEqual([recording, recordingState], [false, 'none']);
    }
  });

  it('does not hide the transcript when Vapi cannot be asked about it', async () => {
    const { emulator } = network;
    const id = await made({ recordingRedirect: 'https://storage.example/' });
    emulator.setSwitch('failArtifactsWith', 503);
    const { lines, recordingState } = await transcriptOf(id);
    const answer = await network.server.operator('GET', pathOf(id));
    emulator.setSwitch('failArtifactsWith', 0);
    assert.ok(lines.length > 0);
    assert.equal(recordingState, 'not-ready');
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'vapi_unavailable']);
  });
});

describe('a storage that is hostile or broken', () => {
  const secret = 'signature=top-secret-signature';

  async function at(listener: RequestListener, t: TestContext) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.wav?${secret}`;
    return made({ recordingRedirect: url });
  }

  const answers: [string, RequestListener][] = [
    ['refuses', (request, response) => response.writeHead(403).end(`<Error>${request.url}</Error>`)],
    ['has a fault', (_request, response) => response.writeHead(500).end('fault')],
    ['answers a part that no one asked for', (_request, response) => response.writeHead(206).end('part')],
    ['breaks the line', (request) => request.socket.destroy()],
    ['does not speak HTTP', (request) => request.socket.end(`nonsense ${request.url}\r\n\r\n`)],
  ];
  for (const [does, listener] of answers)
    it(`and ${does} is “vapi_unavailable”, and its signed address is in no answer and no log`, async (t) => {
      const { server } = network;
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
    const { status, headers } = await fetched(pathOf(id));
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'audio/wav');
    assert.deepEqual([headers.get('set-cookie'), headers.get('refresh')], [null, null]);
  });

  it('and breaks off: so does our answer, so that a part is not taken for the whole', async (t) => {
    const id = await at((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.write('the beginning', () => response.destroy());
    }, t);
    await assert.rejects(fetched(pathOf(id)));
    await until(
      () => network.server.log.some((line) => line.includes('a recording broke off')),
      'the line in the log',
    );
  });

  it('and never ends is broken off after the most bytes that a call can have', async (t) => {
    const { server } = network;
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
    const app = express();
    const routes = recordingRoutes(server.ctx, { mostBytes: 10_000, idleMs: 3_600_000 });
    app.use((request, _response, next) => {
      Object.assign(request, { log: server.ctx.log });
      next();
    });
    app.use('/v1/tenants', authenticate(server.ctx), routes, errorHandler);
    const own = app.listen(0, '127.0.0.1');
    t.after(() => {
      own.closeAllConnections();
      own.close();
    });
    await until(() => own.listening, 'the port');
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}${pathOf(id)}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${server.operatorKey}` } });
    await assert.rejects(answer.arrayBuffer());
    await until(() => closed, 'the storage to be left alone');
  });

  it('and is slow is left alone as soon as the visitor has gone', async (t) => {
    const { server } = network;
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

describe('call.artifact.upload', () => {
  it('is taken, also before any other report, and changes nothing in the ledger', async () => {
    const { server, acme } = network;
    const id = await made();
    const call = async () => (await server.operator('GET', `/v1/tenants/acme/calls/${id}`)).body;
    const before = await call();
    const report = (callId: string) =>
      server.request('POST', '/v1/webhooks/vapi/acme', {
        headers: { 'x-vapi-agent-token': acme.webhookSecret },
        body: {
          message: {
            type: 'call.artifact.upload',
            artifacts: [{ type: 'recording-mono', success: true }],
            artifact: { presignedMonoUrl: `https://storage.example/a.wav?signature=s` },
            call: { id: callId, type: 'webCall', status: 'queued' },
          },
        },
      });
    for (const callId of [id, '7d2b7c3e-5b0e-4d3c-9c55-2f1a3c1d8e11', 'no id'])
      assert.equal((await report(callId)).status, 200);
    assert.deepEqual(await call(), before);
    const { body } = await server.operator(
      'GET',
      '/v1/tenants/acme/calls/7d2b7c3e-5b0e-4d3c-9c55-2f1a3c1d8e11',
    );
    assert.equal(body.code, 'not_found');
  });
});
