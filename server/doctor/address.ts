/** Whether PUBLIC_URL, the address that browsers and Vapi use, leads to this server, as far as it can know. */
import { lookup } from 'node:dns/promises';
import { isLoopback, isOutside, type Outside } from '../base/outside.ts';
import { type Finding, fail, pass, warn } from './check.ts';

const timeoutMs = 5000;
/** `/openapi.json` is a fraction of it. */
const mostBytes = 5_000_000;

/** @param publicUrl without a trailing slash */
export async function addressFinding(publicUrl: string, outside: Outside): Promise<Finding> {
  const { hostname, protocol, host } = new URL(publicUrl);
  const local = isLoopback(hostname);
  if (!local && protocol === 'http:')
    return fail(`${publicUrl} is not https.`, 'Put a proxy with a certificate in front, and set PUBLIC_URL.');
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await lookup(bare, { all: true }).catch(() => []);
  if (addresses.length === 0)
    return fail(`${host} has no address in DNS.`, 'Add a DNS record for it, or correct PUBLIC_URL.');
  const answered = await servesItself(publicUrl);
  if (answered !== null)
    return fail(
      `${publicUrl} ${answered}.`,
      'Check that DNS and proxy lead to this server, and that PUBLIC_URL is that address with its path.',
    );
  if (local && outside.allowLoopback) return pass(`${publicUrl} answers; Vapi is on this machine too.`);
  if (!addresses.every(({ address }) => isOutside(address, { allowLoopback: false })))
    return warn(
      `${publicUrl} answers, but its address is not on the public internet: Vapi cannot report calls to it.`,
      'Set PUBLIC_URL to an address that can be reached from the internet; for a trial, use a tunnel.',
    );
  return pass(
    `${publicUrl} answers from this machine. Only a webhook shows that Vapi can reach it too: make a test call.`,
  );
}

/**
 * `/openapi.json` names the address of the server that answered; any server could say "ok" to `healthz`.
 * @returns what is wrong, as the end of a sentence; null if nothing is
 */
async function servesItself(publicUrl: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${publicUrl}/openapi.json`, { redirect: 'manual', signal });
    if (!response.ok) {
      await response.body?.cancel();
      return `answers with status ${response.status}`;
    }
    const text = await readAtMost(response, mostBytes);
    const { servers } = JSON.parse(text) as { servers?: { url?: unknown }[] };
    return servers?.[0]?.url === publicUrl ? null : 'is answered by a vapi-agent with another PUBLIC_URL';
  } catch (error) {
    return error instanceof SyntaxError ? 'is answered by another server' : 'does not answer';
  }
}

async function readAtMost(response: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes > most) throw new SyntaxError('too long');
  }
  return Buffer.concat(parts).toString('utf8');
}
