/**
 * A call's recordings (vapi-facts 13.1): their stable names in a private bucket, and the addresses, signed for a short
 * time, at which they can be fetched.
 */
import { createHmac } from 'node:crypto';
import type { Channels } from './sound.ts';
import type { Json } from './types.ts';
import { type Call, changed, type World } from './world.ts';

/** Each endpoint's artifact, and who is heard in each channel; the other artifacts of the service are never made here. */
export const recordings: Record<string, Channels> = {
  mono: [['assistant', 'visitor']],
  stereo: [['visitor'], ['assistant']],
  assistant: [['assistant']],
  customer: [['visitor']],
};

/** Lifetime of the address that an endpoint redirects to. */
const redirectSeconds = 300;

/** Whether the call's sound was kept: not if no one came, or the assistant's `artifactPlan` says so. */
export function isRecorded(call: Call): boolean {
  const plan = call.assistant.artifactPlan as { recordingEnabled?: boolean } | undefined;
  return call.status === 'ended' && call.startedAt !== undefined && plan?.recordingEnabled !== false;
}

/** Whether it can be fetched: until it is uploaded its endpoints answer 404. */
export const isUploaded = (call: Call): boolean => call.uploaded && isRecorded(call);

const fileOf = (call: Call, kind: string): string => `${call.id}-${call.endedAt ?? 0}-${kind}.wav`;
const addressOf = (world: World, call: Call, kind: string): string =>
  `${world.storageUrl}/recordings/${fileOf(call, kind)}`;

/** The recording behind a file's name. */
export function findRecording(world: World, file: string): { call: Call; kind: string } | undefined {
  for (const call of world.calls.values()) {
    if (!file.startsWith(call.id) || call.dataDeleted || !isUploaded(call)) continue;
    const kind = Object.keys(recordings).find((name) => fileOf(call, name) === file);
    if (kind !== undefined) return { call, kind };
  }
  return undefined;
}

const signatureOf = (world: World, path: string, expires: string, from: string): string =>
  createHmac('sha256', world.storageKey).update(`${path}\n${expires}\n${from}`).digest('hex');

/** @param from where the address was obtained, for readers of the downloads */
function sign(world: World, address: string, expiresAt: number, from: 'artifact' | 'endpoint'): string {
  const url = new URL(address);
  const expires = String(expiresAt);
  url.searchParams.set('from', from);
  url.searchParams.set('expires', expires);
  url.searchParams.set('signature', signatureOf(world, url.pathname, expires, from));
  return url.href;
}

/** Whether the address has our signature and is still valid. */
export function isSigned(world: World, { pathname, searchParams }: URL): boolean {
  const [expires = '', from = ''] = ['expires', 'from'].map((name) => searchParams.get(name) ?? '');
  const right = searchParams.get('signature') === signatureOf(world, pathname, expires, from);
  return right && Number(expires) > world.now();
}

/** Where `GET /call/:id/mono-recording` and the like redirect to. */
export function redirectOf(world: World, call: Call, kind: string): string {
  const expiresAt = world.now() + redirectSeconds * 1000;
  return call.recordingRedirect ?? sign(world, addressOf(world, call, kind), expiresAt, 'endpoint');
}

/** What `artifact` shows of the recordings: the names after the end, the signed addresses after the upload. */
export function recordingFields(world: World, call: Call): Json {
  if (!isRecorded(call)) return {};
  const address = (kind: string) => addressOf(world, call, kind);
  return {
    recordingUrl: address('mono'),
    stereoRecordingUrl: address('stereo'),
    recording: {
      stereoUrl: address('stereo'),
      mono: {
        combinedUrl: address('mono'),
        assistantUrl: address('assistant'),
        customerUrl: address('customer'),
      },
    },
    ...(isUploaded(call) && call.recordingRedirect === undefined ? presigned(world, address) : {}),
  };
}

function presigned(world: World, address: (kind: string) => string): Json {
  const expiresAt = world.now() + world.switches.presignedSeconds * 1000;
  const signed = (kind: string) => sign(world, address(kind), expiresAt, 'artifact');
  return {
    presignedMonoUrl: signed('mono'),
    presignedStereoUrl: signed('stereo'),
    presignedAssistantUrl: signed('assistant'),
    presignedCustomerUrl: signed('customer'),
    presignedUrlsExpiresAt: new Date(expiresAt).toISOString(),
  };
}

/** The recordings are in the bucket from now on. @returns what the service reports about them; null when there are none */
export function upload(world: World, call: Call): Json | null {
  if (call.uploaded || !isRecorded(call)) return null;
  call.uploaded = true;
  changed(world);
  const artifacts = Object.keys(recordings).map((kind) => ({ type: `recording-${kind}`, success: true }));
  return { type: 'call.artifact.upload', artifacts };
}
