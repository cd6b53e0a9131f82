import { createServer } from 'node:net';

/** Each process begins at another port, so that two that ask at the same moment get different ones. */
const first = 20_000;
const perProcess = 10;
const processes = 1200;
let asked = (process.pid % processes) * perProcess;

/**
 * A port that is not in use, for a program that must know its port before it starts, or that starts again on the same one.
 * It is below those that systems give to outgoing connections (32768 and above on Linux), one of which could otherwise
 * take it in between.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (asked % (processes * perProcess));
    asked += 1;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
