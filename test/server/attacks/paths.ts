/** Paths that climb, methods that are not offered, headers that are too many or lie. */
import { pageOrigin } from '../../support/test-server.ts';
import type { Attack, Outcome } from './stage.ts';

/** Requested with GET. */
const paths: [path: string, outcome: Outcome][] = [
  ['/../package.json', 'not_found'],
  ['/..%2fpackage.json', 'not_found'],
  ['/%2e%2e/package.json', 'not_found'],
  ['/%2e%2e%2f%2e%2e%2fpackage.json', 'not_found'],
  ['/..%5c..%5cpackage.json', 'not_found'],
  ['/chunks/../../../package.json', 'not_found'],
  ['/chunks/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd', 'not_found'],
  ['//etc/passwd', 'not_found'],
  ['/.env', 'not_found'],
  ['/.git/config', 'not_found'],
  ['/data/secret-key', 'not_found'],
  ['/widget.js%00.html', 'not_found'],
  ['/%', 'invalid_request'],
  ['/v1/widget/%E0%A4%A', 'invalid_request'],
  ['/v1/calls', 'not_found'],
  ['/v1/sessions', 'not_found'],
  ['/v1', 'not_found'],
  ['/v1/__proto__', 'not_found'],
  ['/v1/webhooks/vapi/acme', 'not_found'],
  ['/metrics/../v1/tenants', 'not_found'],
];

const methods: [method: string, path: string, outcome: Outcome][] = [
  ['DELETE', '/v1/sessions', 'not_found'],
  ['PUT', '/v1/calls', 'not_found'],
  ['PATCH', '/v1/widget/acme', 'not_found'],
  ['TRACE', '/v1/sessions', 'not_found'],
  ['POST', '/v1/widget/acme', 'not_found'],
  ['POST', '/widget.js', 'not_found'],
];

const asked = (method: string, path: string, outcome: Outcome): Attack => ({
  name: `${method} ${path}`,
  outcome,
  attempt: (stage) => stage.newcomer().ask({ method, path, headers: [['Origin', pageOrigin]] }),
});

export const pathAttacks: Attack[] = [
  ...paths.map(([path, outcome]) => asked('GET', path, outcome)),
  ...methods.map((request) => asked(...request)),
  {
    name: 'another method by a header',
    outcome: 'not_found',
    attempt: (stage) =>
      stage.newcomer().ask({
        path: '/v1/sessions',
        headers: [
          ['Origin', pageOrigin],
          ['X-HTTP-Method-Override', 'POST'],
        ],
      }),
  },
  {
    name: 'headers of 20 kB',
    outcome: 431,
    attempt: (stage) =>
      stage.newcomer().ask({ path: '/v1/widget/acme', headers: [['X-Padding', 'x'.repeat(20_000)]] }),
  },
  {
    name: 'a URL of 20 kB',
    outcome: 431,
    attempt: (stage) => stage.newcomer().ask({ path: `/v1/widget/acme?${'x'.repeat(20_000)}` }),
  },
  {
    name: 'a body whose length is a lie',
    outcome: 400,
    attempt: (stage) =>
      stage.newcomer().ask({
        method: 'POST',
        path: '/v1/sessions',
        headers: [
          ['Content-Length', '5'],
          ['Transfer-Encoding', 'chunked'],
        ],
      }),
  },
];
