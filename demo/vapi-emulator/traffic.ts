/**
 * Everything that the emulator is sent, answers and sends is published here within the process, for any listener: the
 * tests compare it with the types of Vapi's packages. Of an emulator in a process of its own they read a file.
 */
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

export type Traffic =
  | {
      kind: 'request';
      method: string;
      path: string;
      query: Record<string, unknown>;
      body: unknown;
      status: number;
      /** Absent if it is not JSON, or was never given. */
      answer?: unknown;
    }
  | { kind: 'chat event'; body: unknown }
  | { kind: 'webhook'; body: unknown }
  /** Of the only one whose answer decides something: who answers a call by phone. */
  | { kind: 'answer to a webhook'; body: unknown }
  | { kind: 'to the page'; body: unknown }
  | { kind: 'from the page'; body: unknown };

const traffic = channel('vapi-emulator');
/** One line of JSON each, complete even if the process is killed. */
const file = process.env.EMULATOR_TRAFFIC_FILE;

/** Costs nothing while no one listens. */
export const publishTraffic = (one: Traffic): void => {
  if (traffic.hasSubscribers) traffic.publish(one);
  else if (file) appendFileSync(file, `${JSON.stringify(one)}\n`);
};

/** Publishes each request, with its answer if that is JSON. */
export const published: RequestHandler = (request, response, next) => {
  const publish = (answer: { answer?: unknown }) => {
    const { method, path, body } = request;
    const query = { ...request.query };
    publishTraffic({ kind: 'request', method, path, query, body, status: response.statusCode, ...answer });
  };
  const publishWithout = () => publish({});
  const json = response.json.bind(response);
  response.json = (answer) => {
    response.off('close', publishWithout);
    publish({ answer });
    return json(answer);
  };
  response.once('close', publishWithout);
  next();
};
