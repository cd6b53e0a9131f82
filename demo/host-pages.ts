/** What the demo's pages show about this run: addresses, policies, the list of failures. */
import { join } from 'node:path';
import { clients, type Trouble, troubles } from './cast.ts';
import { documentedPolicy, noncePolicy, strictPolicy } from './policies.ts';
import type { SiteOptions } from './site-server.ts';

const pages = join(import.meta.dirname, 'pages');

/** Base URLs. */
export interface Addresses {
  server: string;
  emulator: string;
}

export function clientSite({ server, emulator }: Addresses, foreignSite: string, port: number): SiteOptions {
  const strict = strictPolicy(server, emulator);
  const nonce = noncePolicy(server, emulator);
  return {
    folder: join(pages, 'site'),
    port,
    values: {
      SERVER: server,
      FOREIGN_SITE: foreignSite,
      TROUBLES: troubles.map(troubleCard).join('\n'),
      POLICY: documentedPolicy(server),
      STRICT_POLICY: byLine(strict),
      NONCE_POLICY: byLine(nonce).replace('{{NONCE}}', '…'),
    },
    headers: {
      '/strict-csp': { 'content-security-policy': strict },
      '/strict-nonce': { 'content-security-policy': nonce },
      // A page cannot delegate to a frame of another origin what it may not use itself.
      '/frames': { 'permissions-policy': 'microphone=*' },
    },
  };
}

const byLine = (policy: string): string => policy.replaceAll('; ', '\n');

export const foreignSite = (addresses: Addresses, port: number): SiteOptions => ({
  folder: join(pages, 'foreign'),
  port,
  values: { SERVER: addresses.server, NAME: clients[0]?.name ?? '' },
});

const troubleCard = ({ slug, name, expect }: Trouble): string => `
        <li class="card">
          <h2>${name}</h2>
          <p>${expect}</p>
          <vapi-agent tenant="${slug}" placement="inline" label="Try it"></vapi-agent>
        </li>`;
