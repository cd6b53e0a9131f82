/** A Vapi without calls that fails for everything else: for tests that put calls straight into the ledger. */
import { createServer } from 'node:http';
import { listen } from './listen.ts';

export async function startEmptyVapi(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = url.startsWith('/call?')
      ? [200, '[]']
      : [url.startsWith('/call/') ? 404 : 500, '{}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  return listen(server);
}
