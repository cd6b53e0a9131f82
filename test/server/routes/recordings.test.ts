/** Recordings: private at Vapi, fetched with the key, passed on as sound and as nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codeOf } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { pathOf, type RecordingStage, startRecordingStage } from './recording-stage.ts';

let stage: RecordingStage;
before(async () => {
  stage = await startRecordingStage();
});
after(() => stage?.close());

const transcriptOf = async (id: string) =>
  (await stage.server.operator('GET', `/v1/tenants/acme/calls/${id}/transcript`)).body;
const downloadsOf = (id: string) => stage.emulator.downloads().filter(({ file }) => file.startsWith(id));

describe('a recording', () => {
  it('is fetched by the address in the call while it is fresh, else by Vapi’s redirect; the key is sent to neither', async () => {
    const id = await stage.made();
    assert.equal((await stage.fetched(pathOf(id))).status, 200);
    stage.emulator.setSwitch('presignedSeconds', 0);
    try {
      assert.equal((await stage.fetched(pathOf(id))).status, 200);
    } finally {
      stage.emulator.setSwitch('presignedSeconds', 3600);
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
    const { emulator } = stage;
    const id = await stage.made();
    emulator.setSwitch('refusePresigned', true);
    t.after(() => emulator.setSwitch('refusePresigned', false));
    assert.equal((await stage.fetched(pathOf(id))).status, 200);
    assert.deepEqual(
      downloadsOf(id).map(({ from, status }) => [from, status]),
      [
        ['artifact', 403],
        ['endpoint', 200],
      ],
    );
  });

  it('is passed on with type, length and a name, and without any header of the storage', async () => {
    const id = await stage.made();
    const { headers, bytes } = await stage.fetched(pathOf(id));
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
    const id = await stage.made();
    const { headers, bytes } = await stage.fetched(pathOf(id, '?channels=stereo&download=yes'));
    assert.equal(headers.get('content-disposition'), `attachment; filename="${id}-stereo.wav"`);
    assert.equal(bytes.readUInt16LE(22), 2);
    assert.equal((await stage.fetched(pathOf(id, '?channels=seven'))).status, 400);
  });

  it('is answered by range, so that a player can seek; a range that makes no sense is the whole', async () => {
    const id = await stage.made();
    const whole = (await stage.fetched(pathOf(id))).bytes;
    const part = await stage.fetched(pathOf(id), { range: 'bytes=100-199' });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 100-199/${whole.length}`);
    assert.equal(part.headers.get('content-length'), '100');
    assert.deepEqual(part.bytes, whole.subarray(100, 200));
    const beyond = await stage.fetched(pathOf(id), { range: `bytes=${whole.length}-` });
    assert.deepEqual(
      [beyond.status, beyond.headers.get('content-range'), beyond.bytes.length],
      [416, `bytes */${whole.length}`, 0],
    );
    for (const range of ['bytes=0-1,5-9', 'bytes=-', 'lines=1-2', 'bytes=1-2\u00a0'])
      assert.equal((await stage.fetched(pathOf(id), { range })).status, 200, range);
    assert.ok(downloadsOf(id).every(({ range }) => range === null || /^bytes=\d+-\d*$/.test(range)));
  });

  it('has a head that can be asked for alone', async () => {
    const { status, headers, bytes } = await stage.fetched(pathOf(await stage.made()), {}, 'HEAD');
    assert.deepEqual([status, headers.get('content-type'), bytes.length], [200, 'audio/wav', 0]);
    assert.ok(Number(headers.get('content-length')) > 0);
  });

  it('leaves no address behind: not in an answer, in the log or in the database', async () => {
    const { server } = stage;
    const id = await stage.made();
    const { text } = await server.operator('GET', `/v1/tenants/acme/calls/${id}/transcript`);
    await stage.fetched(pathOf(id));
    const row = await server.ctx.store
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    for (const place of [text, JSON.stringify(row), server.log.join('\n')])
      assert.doesNotMatch(place, /signature|recordings\/|presigned/i);
  });

  it('is the operator’s, and of a client only its own', async () => {
    const { server, addTenant } = stage;
    const id = await stage.made();
    await addTenant('rival');
    const [own, foreign] = [await stage.reader('acme'), await stage.reader('rival')];
    const status = async (key: string, slug: string) =>
      (await stage.fetched(`/v1/tenants/${slug}/calls/${id}/recording`, { authorization: `Bearer ${key}` }))
        .status;
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
    const { server } = stage;
    const id = await stage.made();
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
    const { server, emulator, acme } = stage;
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
    assert.equal((await stage.fetched(pathOf(id))).status, 200);
    const { recording, recordingState } = await transcriptOf(id);
    assert.deepEqual([recording, recordingState], [true, 'ready']);
  });

  it('is none when nothing was recorded, and when none has come a quarter of an hour after the end', async (t) => {
    const { server, emulator, acme } = stage;
    const unrecorded = await stage.made({
      assistantOverrides: { artifactPlan: { recordingEnabled: false } },
    });
    const unjoined = emulator.makeCall({ assistantId: acme.assistantId, seconds: 0 }).id;
    await emulator.waitForCall(unjoined, 'settled');
    emulator.setSwitch('uploadDelayMs', 3_600_000);
    t.after(() => emulator.setSwitch('uploadDelayMs', 0));
    const lost = await stage.made({ createdAt: new Date(server.clock.now - 16 * 60_000).toISOString() });
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
    const { emulator } = stage;
    const id = await stage.made({ recordingRedirect: 'https://storage.example/' });
    emulator.setSwitch('failArtifactsWith', 503);
    const { lines, recordingState } = await transcriptOf(id);
    const answer = await stage.server.operator('GET', pathOf(id));
    emulator.setSwitch('failArtifactsWith', 0);
    assert.ok(lines.length > 0);
    assert.equal(recordingState, 'not-ready');
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'vapi_unavailable']);
  });
});

describe('call.artifact.upload', () => {
  it('is taken, also before any other report, and changes nothing in the ledger', async () => {
    const { server, acme } = stage;
    const id = await stage.made();
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
