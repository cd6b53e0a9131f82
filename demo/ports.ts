/** Which ports the demo wants, and a clear word when one is taken. */
import { createServer, type Server } from 'node:net';

export const portVariables = {
  server: 'PORT',
  site: 'DEMO_SITE_PORT',
  foreignSite: 'DEMO_FOREIGN_PORT',
  emulator: 'EMULATOR_PORT',
} as const;
type Role = keyof typeof portVariables;

/** 0 lets the kernel choose. */
export type Ports = Record<Role, number>;

const defaults: Ports = { server: 8787, site: 8788, foreignSite: 8789, emulator: 8790 };

/** What to tell the person who started the demo; not a fault of the program. */
export class StartError extends Error {}

/** @throws StartError naming every variable that is not a port */
export function readPorts(env: Record<string, string | undefined>): Ports {
  const problems: string[] = [];
  const read = (role: Role) => {
    const variable = portVariables[role];
    const text = env[variable]?.trim();
    if (!text) return defaults[role];
    const port = Number(text);
    if (!/^\d{1,5}$/.test(text) || port > 65_535)
      problems.push(`${variable} must be a number from 0 to 65535`);
    return port;
  };
  const ports: Ports = {
    server: read('server'),
    site: read('site'),
    foreignSite: read('foreignSite'),
    emulator: read('emulator'),
  };
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return ports;
}

export const takenPort = (role: Role, port: number): StartError =>
  new StartError(`Port ${port} is taken by another program: choose another with ${portVariables[role]}.`);

/**
 * Looks at all ports before anything is started. A program that holds only the other loopback address counts too: a
 * browser could take it for ours, as "localhost" means both.
 * @throws StartError for the first port that is taken, or wanted twice
 */
export async function checkPorts(ports: Ports): Promise<void> {
  const wanted = (Object.entries(ports) as [Role, number][]).filter(([, port]) => port !== 0);
  for (const [index, [role, port]] of wanted.entries()) {
    const twin = wanted.slice(0, index).find(([, other]) => other === port);
    if (twin) {
      const names = `${portVariables[twin[0]]} and ${portVariables[role]}`;
      throw new StartError(`Port ${port} is wanted twice, by ${names}: move one of them.`);
    }
    for (const address of ['127.0.0.1', '::1']) {
      if (!(await isFree(port, address))) throw takenPort(role, port);
    }
  }
}

async function isFree(port: number, address: string): Promise<boolean> {
  const probe = createServer();
  try {
    await listen(probe, port, address);
  } catch (error) {
    // Without IPv6 there is nobody to be taken for.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

/** Resolves when the server listens. Rejects with Node's own error. */
export function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
}

/** Any error of listening in words that help. */
export function explainListenError(error: unknown, role: Role, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return takenPort(role, port);
  if (code === 'EACCES') {
    return new StartError(`Port ${port} needs more rights: choose another with ${portVariables[role]}.`);
  }
  return error;
}
