/** The server as `npm start` runs it: in a separate process, with its own environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleArgs } from './bundles.ts';
import { until } from './until.ts';

export interface ServerProcess {
  child: ChildProcess;
  url: string;
  operatorKey: string;
  /** Resolves when the process has ended: its exit code. */
  ended: Promise<number | null>;
  kill(): Promise<void>;
  /** What its heap holds after a garbage collection, in bytes; needs the environment of `reportsHeap`. */
  heapBytes(): Promise<number>;
}

/** For a process whose heap is measured. */
export const reportsHeap = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'report-heap.ts')}` };

/** @throws Error with its output, when it ends before it listens */
export async function startServerProcess(env: Record<string, string>): Promise<ServerProcess> {
  const operatorKey = `vak_${randomBytes(24).toString('base64url')}`;
  const child = spawn(process.execPath, [...bundleArgs(), 'server/main.ts'], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: {
      ...process.env,
      PORT: '0',
      SECRET_KEY: randomBytes(32).toString('base64'),
      OPERATOR_API_KEY: operatorKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const printed: string[] = [];
  child.stderr?.on('data', (bytes) => printed.push(String(bytes)));
  const heaps: number[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      printed.push(line);
      const { msg, port, heapBytes } = line.startsWith('{') ? JSON.parse(line) : {};
      if (heapBytes !== undefined) heaps.push(heapBytes);
      if (msg === 'listening') resolve(port);
    });
    ended.then(() => reject(new Error(`the server ended: ${printed.join('\n')}`)));
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    operatorKey,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async heapBytes() {
      const { length } = heaps;
      child.kill('SIGUSR2');
      return until(() => heaps[length], 'the size of the heap');
    },
  };
}
