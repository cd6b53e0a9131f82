/** What the demo's pages are told about this run: addresses, the policy of the strict page, the list of troubles. */
import { join } from 'node:path';
import { clients, type Trouble, troubles } from './cast.ts';
import type { SiteOptions } from './site-server.ts';

const pages = join(import.meta.dirname, 'pages');

/** Base URLs. */
export interface Addresses {
  server: string;
  emulator: string;
}

export const clientSite = (addresses: Addresses, foreignSite: string, port: number): SiteOptions => ({
  folder: join(pages, 'site'),
  port,
  values: {
    SERVER: addresses.server,
    EMULATOR: addresses.emulator,
    FOREIGN_SITE: foreignSite,
    TROUBLES: troubles.map(troubleCard).join('\n'),
  },
  policies: { '/strict-csp': strictPolicy(addresses) },
});

export const foreignSite = (addresses: Addresses, port: number): SiteOptions => ({
  folder: join(pages, 'foreign'),
  port,
  values: { SERVER: addresses.server, NAME: clients[0]?.name ?? '' },
});

/** What a page with a strict policy has to allow; on a real page `https://c.daily.co` and Daily's hosts instead of the emulator. */
function strictPolicy({ server, emulator }: Addresses): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${server} ${emulator} 'wasm-unsafe-eval' blob:`,
    `connect-src 'self' ${server} ${emulator}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    "media-src 'self' blob: mediastream:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const troubleCard = ({ slug, name, expect }: Trouble): string => `
        <li class="card">
          <h2>${name}</h2>
          <p>${expect}</p>
          <vapi-agent tenant="${slug}" placement="inline" label="Try it"></vapi-agent>
        </li>`;
