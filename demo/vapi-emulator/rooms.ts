/**
 * Connects the emulator with a page's call machine: server-sent events to the page, small POSTs back.
 * It replaces Daily's signalling; the voice itself never passes through it.
 */
import type { Response } from 'express';
import type { Call, World } from './world.ts';

/** What is sent to the call machine. */
export type RoomEvent =
  | { kind: 'welcome'; microphone: 'ask' | 'refused' }
  | { kind: 'app-message'; data: string }
  /** Say this text aloud, in this many seconds. */
  | { kind: 'speak'; text: string; seconds: number }
  | { kind: 'hush' }
  /** The room is gone: the visitor is removed. */
  | { kind: 'ended' };

const connections = new WeakMap<Call, Set<Response>>();

const write = (response: Response, event: RoomEvent): boolean =>
  response.write(`data: ${JSON.stringify(event)}\n\n`);

/** The call of this room; after the call only the room's name remains. */
export function callOfRoom(world: World, room: string): Call | undefined {
  for (const call of world.calls.values()) if (call.room === room) return call;
  return undefined;
}

export function sendToRoom(call: Call, event: RoomEvent): void {
  for (const response of connections.get(call) ?? []) write(response, event);
}

export const isConnected = (call: Call): boolean => (connections.get(call)?.size ?? 0) > 0;

/** Keeps `response` open as the room's event stream; `onLost` runs when the last stream of the room has gone. */
export function openStream(
  call: Call,
  response: Response,
  microphone: 'ask' | 'refused',
  onLost: () => void,
): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const streams = connections.get(call) ?? new Set();
  connections.set(call, streams.add(response));
  write(response, { kind: 'welcome', microphone });
  response.on('close', () => {
    streams.delete(response);
    if (streams.size === 0) onLost();
  });
}

/** Removes everyone. */
export function closeRoom(call: Call): void {
  sendToRoom(call, { kind: 'ended' });
  for (const response of connections.get(call) ?? []) response.end();
}
