/** A Vapi without calls that fails for everything else: for tests that put calls straight into the ledger. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function startEmptyVapi(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = url.startsWith('/call?')
      ? [200, '[]']
      : [url.startsWith('/call/') ? 404 : 500, '{}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
