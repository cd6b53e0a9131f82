/**
 * Everything that the emulator is sent, answers and sends is published here within the process, for any listener: the
 * tests compare it with the types of Vapi's packages.
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestHandler } from 'express';

export type Traffic =
  | { kind: 'request'; method: string; path: string; body: unknown; status: number; answer: unknown }
  | { kind: 'webhook'; body: unknown }
  | { kind: 'to the page'; body: unknown }
  | { kind: 'from the page'; body: unknown };

const traffic = channel('vapi-emulator');

/** Costs nothing while no one listens. */
export const publishTraffic = (one: Traffic): void => {
  if (traffic.hasSubscribers) traffic.publish(one);
};

/** Publishes each request with its answer, if that is JSON. */
export const published: RequestHandler = (request, response, next) => {
  const json = response.json.bind(response);
  response.json = (answer) => {
    const { method, path, body } = request;
    publishTraffic({ kind: 'request', method, path, body, status: response.statusCode, answer });
    return json(answer);
  };
  next();
};
