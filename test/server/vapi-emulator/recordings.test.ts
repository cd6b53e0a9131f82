/** The emulator's recordings: private, behind a redirect to another host, and with sound in them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, assistantOf, type Network, otherPrivateKey, privateKey, startNetwork } from './network.ts';

let network: Network;
before(async () => {
  network = await startNetwork();
});
after(() => network?.close());

const assistantId = assistantOf('talks');
const make = async (assistantOverrides: object = {}) => {
  const { emulator } = network;
  const { id } = emulator.makeCall({ assistantId, seconds: 30, assistantOverrides });
  return emulator.waitForCall(id, 'settled');
};
/** Asks an endpoint as it is, without following where it leads. */
const endpoint = (id: string, name: string, key: string | null = privateKey) =>
  fetch(`${network.emulator.url}/call/${id}/${name}`, {
    redirect: 'manual',
    headers: { 'user-agent': 'test', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
  });
const samplesOf = (file: Buffer) => new Int16Array(file.buffer, file.byteOffset + 44, (file.length - 44) / 2);

test('the name in artifact.recordingUrl cannot be downloaded, with a key or without', async () => {
  const { artifact } = (await make()).view as { artifact: { recordingUrl: string } };
  assert.notEqual(new URL(artifact.recordingUrl).origin, network.emulator.url);
  assert.equal((await fetch(artifact.recordingUrl)).status, 403);
  const headers = { authorization: `Bearer ${privateKey}` };
  assert.equal((await fetch(artifact.recordingUrl, { headers })).status, 400);
});

test('the endpoint redirects the private key to another host, where no key may be sent', async () => {
  const { id } = await make();
  const answer = await endpoint(id, 'mono-recording');
  const target = answer.headers.get('location') ?? '';
  assert.equal(answer.status, 302);
  assert.equal(new URL(target).origin, network.emulator.storageUrl);
  assert.equal((await fetch(target)).status, 200);
  assert.equal((await fetch(target, { headers: { authorization: 'Bearer x' } })).status, 400);
  assert.equal((await fetch(target.replace(/signature=./, 'signature=z'))).status, 403);
  assert.equal((await endpoint(id, 'mono-recording', null)).status, 401);
  assert.equal((await endpoint(id, 'mono-recording', otherPrivateKey)).status, 404);
});

test('a recording has sound; stereo has the visitor in one channel and the assistant in the other', async () => {
  const { id } = await make();
  const fetched = async (name: string) => {
    const answer = await fetch((await endpoint(id, name)).headers.get('location') ?? '');
    return Buffer.from(await answer.arrayBuffer());
  };
  const mono = await fetched('mono-recording');
  assert.equal(mono.readUInt32LE(28) * 30, mono.readUInt32LE(40));
  assert.ok(samplesOf(mono).some((sample) => sample > 5000));
  const stereo = samplesOf(await fetched('stereo-recording'));
  // After the ringing that both hear: somewhere one speaks while the other is silent.
  const after = stereo.subarray(8000);
  const alone = (speaks: number) =>
    after.some(
      (sample, at) => at % 2 === speaks && sample > 5000 && after[speaks === 0 ? at + 1 : at - 1] === 0,
    );
  assert.deepEqual([alone(0), alone(1)], [true, true]);
});

test('a range is answered with that part; one beyond the end is 416', async () => {
  const { id } = await make();
  const target = (await endpoint(id, 'mono-recording')).headers.get('location') ?? '';
  const whole = Buffer.from(await (await fetch(target)).arrayBuffer());
  for (const [range, from, to] of [
    ['bytes=100-199', 100, 199],
    [`bytes=${whole.length - 10}-`, whole.length - 10, whole.length - 1],
    ['bytes=-4', whole.length - 4, whole.length - 1],
  ] as const) {
    const answer = await fetch(target, { headers: { range } });
    assert.equal(answer.status, 206);
    assert.equal(answer.headers.get('content-range'), `bytes ${from}-${to}/${whole.length}`);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), whole.subarray(from, to + 1));
  }
  const beyond = await fetch(target, { headers: { range: `bytes=${whole.length}-` } });
  assert.equal(beyond.status, 416);
});

test('before the upload there is nothing, then call.artifact.upload reports it once, if it is wanted', async () => {
  const { emulator, webhooks } = network;
  emulator.setSwitch('uploadDelayMs', 3_600_000);
  const { id, view } = await make({ serverMessages: ['end-of-call-report', 'call.artifact.upload'] });
  emulator.setSwitch('uploadDelayMs', 0);
  const { artifact } = view as { artifact: Record<string, unknown> };
  assert.equal(typeof artifact.recordingUrl, 'string');
  assert.equal(artifact.presignedMonoUrl, undefined);
  assert.equal((await endpoint(id, 'mono-recording')).status, 404);
  emulator.upload(id);
  emulator.upload(id);
  assert.equal((await endpoint(id, 'mono-recording')).status, 302);
  const shown = (await ask(emulator, 'GET', `/call/${id}`)).body.artifact;
  assert.equal((await fetch(shown.presignedMonoUrl)).status, 200);
  await emulator.waitForAnyCall(() =>
    emulator.deliveries().some(({ type }) => type === 'call.artifact.upload'),
  );
  const reports = webhooks.filter(({ message }) => message.type === 'call.artifact.upload');
  const reported = reports.map(({ message }) => (message.artifacts as object[])[0]);
  assert.deepEqual(reported, [{ type: 'recording-mono', success: true }]);
});

test('there is none of a call that no one joined, that is not to be recorded, or that was deleted', async () => {
  const { emulator } = network;
  const unjoined = emulator.makeCall({ assistantId, seconds: 0 });
  const unrecorded = await make({ artifactPlan: { recordingEnabled: false } });
  const deleted = await make();
  const target = (await endpoint(deleted.id, 'mono-recording')).headers.get('location') ?? '';
  await ask(emulator, 'DELETE', `/call/${deleted.id}`);
  for (const { id } of [unjoined, unrecorded, deleted])
    assert.equal((await endpoint(id, 'mono-recording')).status, 404);
  assert.equal((await fetch(target)).status, 404);
  assert.equal((await endpoint((await make()).id, 'video-recording')).status, 404);
});
