/** Pages that are not allowed, and requests that pretend to come from one that is. */
import { pageOrigin } from '../../support/test-server.ts';
import type { Attack } from './stage.ts';

type Origins = [name: string, ...headers: string[]][];

/** Each asks for a session of `acme`, which allows the shop, `*.acme-group.example`, bücher.example and localhost:3000. */
const origins: Origins = [
  ['the allowed host as a prefix of another', `${pageOrigin}.evil.example`],
  ['the allowed host as a suffix of another', 'https://evilshop.acme.example'],
  ['the parent of the allowed host', 'https://acme.example'],
  ['a host below the allowed host', 'https://a.shop.acme.example'],
  ['the allowed host as user information', `${pageOrigin}@evil.example`],
  ['user information before the allowed host', 'https://user@shop.acme.example'],
  ['user and password before the allowed host', 'https://user:pass@shop.acme.example'],
  ['the allowed host with a trailing dot', `${pageOrigin}.`],
  ['the allowed host on another port', `${pageOrigin}:8443`],
  ['the allowed host with its default port written out', `${pageOrigin}:443`],
  ['the allowed host over http', 'http://shop.acme.example'],
  ['the allowed host in capitals, as no browser writes it', 'HTTPS://SHOP.ACME.EXAMPLE'],
  ['the allowed origin with a slash', `${pageOrigin}/`],
  ['the allowed origin with a path', `${pageOrigin}/agent`],
  ['the allowed origin with a query', `${pageOrigin}?`],
  ['the allowed origin with a fragment', `${pageOrigin}#`],
  ['the allowed origin with an escaped zero byte', `${pageOrigin}%00.evil.example`],
  ['the allowed origin without slashes', 'https:shop.acme.example'],
  ['the allowed origin with backslashes', 'https:\\\\shop.acme.example'],
  ['a punycode twin with a Cyrillic letter', 'https://shop.xn--cme-5cd.example'],
  ['an allowed IDN host, not in punycode', 'https://b\u00fccher.example'],
  ['a twin of an allowed IDN host', 'https://xn--bucher-kva.example'],
  ['the apex of an allowed wildcard', 'https://acme-group.example'],
  ['a host that only ends like an allowed wildcard', 'https://evilacme-group.example'],
  ['an empty label under an allowed wildcard', 'https://.acme-group.example'],
  ['two dots under an allowed wildcard', 'https://a..acme-group.example'],
  ['an allowed wildcard as a prefix', 'https://a.acme-group.example.evil.example'],
  ['an allowed wildcard over http', 'http://a.acme-group.example'],
  ['an allowed wildcard on another port', 'https://a.acme-group.example:444'],
  ['the wildcard entry itself', 'https://*.acme-group.example'],
  ['another port of localhost', 'http://localhost:3001'],
  ['localhost by its address', 'http://127.0.0.1:3000'],
  ['an opaque origin (sandboxed frame)', 'null'],
  ['a file', 'file://'],
  ['an extension', 'chrome-extension://abcdefghijklmnop'],
  ['a blob of the allowed page', `blob:${pageOrigin}`],
  ['a script as origin', 'javascript:alert(1)'],
  ['a star', '*'],
  ['an empty origin', ''],
  ['no origin at all'],
  ['two Origin headers, the allowed one first', pageOrigin, 'https://evil.example'],
  ['two Origin headers, the allowed one last', 'https://evil.example', pageOrigin],
  ['the allowed Origin header twice', pageOrigin, pageOrigin],
  ['a list with the allowed origin, by commas', `https://evil.example,${pageOrigin}`],
  ['a list with the allowed origin, by spaces', `${pageOrigin} https://evil.example`],
  ['an origin of 8 kB below an allowed wildcard', `https://${'a.'.repeat(4000)}acme-group.example`],
  ['an origin of 8 kB of nonsense', 'x'.repeat(8192)],
  ['another tenant’s page', 'https://rival.example'],
];

const body = JSON.stringify({ tenant: 'acme' });

export const originAttacks: Attack[] = [
  ...origins.map(
    ([name, ...values]): Attack => ({
      name: `a session for ${name}`,
      outcome: 'origin_not_allowed',
      attempt: (stage) =>
        stage.newcomer().ask({
          method: 'POST',
          path: '/v1/sessions',
          headers: [
            ['Content-Type', 'text/plain'],
            ...values.map((value): [string, string] => ['Origin', value]),
          ],
          body,
        }),
    }),
  ),
  {
    name: 'a session with the allowed page only as Referer and X-Forwarded-Host',
    outcome: 'origin_not_allowed',
    attempt: (stage) =>
      stage.newcomer().ask({
        method: 'POST',
        path: '/v1/sessions',
        headers: [
          ['Content-Type', 'text/plain'],
          ['Referer', `${pageOrigin}/`],
          ['X-Forwarded-Host', 'shop.acme.example'],
          ['X-Origin', pageOrigin],
        ],
        body,
      }),
  },
  {
    name: 'a session for a tenant that does not exist (must not differ from a refused page)',
    outcome: 'origin_not_allowed',
    attempt: (stage) => stage.newcomer().post('/v1/sessions', { tenant: 'nobody' }),
  },
  {
    name: 'a session for a tenant that allows no page at all',
    outcome: 'origin_not_allowed',
    async attempt(stage) {
      const slug = stage.uniqueSlug();
      await stage.addTenant(slug, { allowedOrigins: [] });
      await stage.mark();
      return stage.newcomer().post('/v1/sessions', { tenant: slug });
    },
  },
  {
    name: 'the settings of a tenant from a foreign page',
    outcome: 'origin_not_allowed',
    attempt: (stage) =>
      stage.newcomer().ask({ path: '/v1/widget/acme', headers: [['Origin', 'https://evil.example']] }),
  },
  {
    name: 'the settings of a tenant by a slug that climbs',
    outcome: 'origin_not_allowed',
    attempt: (stage) =>
      stage.newcomer().ask({ path: '/v1/widget/..%2Ftenants', headers: [['Origin', pageOrigin]] }),
  },
];
