/** The demo as `npm run demo` starts it, in a separate process: driving the browser does not delay its server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface DemoProcess {
  /** Base URLs. */
  server: string;
  emulator: string;
  operatorKey: string;
  close(): Promise<void>;
}

const ports = { PORT: '0', DEMO_SITE_PORT: '0', DEMO_FOREIGN_PORT: '0', EMULATOR_PORT: '0' };

/** @throws when the demo ends before it prints its addresses */
export async function startDemoProcess(): Promise<DemoProcess> {
  const child = spawn(process.execPath, ['demo/main.ts', '--json'], {
    env: { ...process.env, ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = await firstLine(child);
  return {
    ...(JSON.parse(told) as Omit<DemoProcess, 'close'>),
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}`)));
    // Keeps reading, so that the pipe never fills up.
    if (child.stdout) createInterface({ input: child.stdout }).on('line', resolve);
  });
}
