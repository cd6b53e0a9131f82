/** HTTP in front of the emulator: it writes down each request, and a test may answer some itself. */
import { createServer } from 'node:http';
import { listen } from './listen.ts';

export interface VapiRelay {
  url: string;
  /** Where requests are sent; until it is set, every one is answered 503. */
  target: string;
  /** `POST /analytics`, with the query. */
  requests: string[];
  /** Null passes the request on; called before that. */
  answer: (request: string) => { status: number; body: unknown } | null;
  close(): Promise<void>;
}

export async function startVapiRelay(): Promise<VapiRelay> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = `${request.method} ${request.url}`;
    relay.requests.push(name);
    const own = relay.target ? relay.answer(name) : { status: 503, body: {} };
    if (own) {
      response.writeHead(own.status, { 'content-type': 'application/json' }).end(JSON.stringify(own.body));
      return;
    }
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
    const answer = await fetch(`${relay.target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization, 'content-type': type },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  const relay: VapiRelay = {
    ...(await listen(server)),
    target: '',
    requests: [],
    answer: () => null,
  };
  return relay;
}
