/** TCP in front of a PostgreSQL's socket, which can fall silent: bytes are lost, connections stay. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  /** The database's address through the relay. */
  url: string;
  /** From now on nothing passes, on old connections and new ones. */
  silence(): void;
  /** New connections pass again; silenced ones stay silent. */
  restore(): void;
  /** Resets every connection. */
  cut(): void;
  /** @returns whether all connections of this moment have ended since */
  watch(): () => boolean;
  close(): Promise<void>;
}

/** @param url of a server that listens on a socket in a folder, like the tests' own */
export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const socketPath = `${decodeURIComponent(target.hostname)}/.s.PGSQL.5432`;
  const open = new Set<Socket>();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(socketPath);
    const pair = { dead: silent };
    const pass = (from: Socket, to: Socket) => {
      open.add(from);
      from.on('data', (bytes) => {
        pair.dead ||= silent;
        if (!pair.dead) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: through.href,
    silence: () => {
      silent = true;
    },
    restore: () => {
      silent = false;
    },
    cut,
    watch() {
      const now = [...open];
      return () => now.every(({ destroyed }) => destroyed);
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
