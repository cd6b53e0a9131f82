/** Which ports the demo uses, and what to do when one is taken. */
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

/** The ports are this one and the three after it, in the order of the roles. */
const defaultBase = 8787;

/** What the person who started the demo can correct; not an error of the program. */
export class StartError extends Error {}

/**
 * @param base the value of `--port-base`; a variable takes precedence for its port
 * @throws StartError naming everything that is not a port
 */
export function readPorts(env: Record<string, string | undefined>, base = String(defaultBase)): Ports {
  const problems: string[] = [];
  const roles = Object.keys(portVariables) as Role[];
  const read = (name: string, text: string, most: number) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > most)
      problems.push(`${name} must be a number from 0 to ${most}`);
    return Number(text);
  };
  const first = read('--port-base', base, 65_536 - roles.length);
  const entries = roles.map((role, index) => {
    const text = env[portVariables[role]]?.trim();
    if (text) return [role, read(portVariables[role], text, 65_535)];
    return [role, first === 0 ? 0 : first + index];
  });
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return Object.fromEntries(entries) as Ports;
}

export const takenPort = (role: Role, port: number): StartError =>
  new StartError(`Port ${port} is taken by another program: choose another with ${portVariables[role]}.`);

/**
 * Checks all ports before anything starts. A program on only the other loopback address counts too: a browser could
 * mistake it for ours, since "localhost" means both.
 * @throws StartError for the first port that is taken, or used twice
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
    // Without IPv6, no other program can be mistaken for ours.
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

/** Turns an error of listening into advice. */
export function explainListenError(error: unknown, role: Role, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return takenPort(role, port);
  if (code === 'EACCES') {
    return new StartError(`Port ${port} needs more rights: choose another with ${portVariables[role]}.`);
  }
  return error;
}
