/** A server of a test, on this machine alone. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface LocalServer {
  /** Without a path. */
  url: string;
  port: number;
  /** Also cuts the connections that are open. */
  close(): Promise<void>;
}

/** Listens on a free port. */
export async function listen(server: Server): Promise<LocalServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Closed with the test. @returns its base URL */
export async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const { url, close } = await listen(createServer(listener));
  t.after(close);
  return url;
}
