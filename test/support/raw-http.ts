/** Requests that `fetch` would not send: the raw path, repeated headers, any header that a script could forge. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { Answer } from './test-server.ts';

export interface RawRequest {
  method?: string;
  /** Sent exactly as it is. */
  path: string;
  headers?: [name: string, value: string][];
  body?: string | Buffer;
}

export function send(url: string, { method = 'GET', path, headers = [], body }: RawRequest): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const length: [string, string][] =
    body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  const all: [string, string][] = [['Host', `${hostname}:${port}`], ...length, ...headers];
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: all.flat() as never, agent: false };
    const request = httpRequest(options, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const received = new Headers(
        Object.entries(response.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
      );
      resolve({ status: response.statusCode ?? 0, headers: received, body: parsed(text), text });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends bytes and reads until the server closes or has sent enough. @returns the answer, as text */
export function sendBytes(url: string, bytes: Uint8Array): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // A server that does not understand may also just hang up.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
