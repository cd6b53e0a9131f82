/** Reports that do not come from Vapi. */
import { randomUUID } from 'node:crypto';
import { testTime } from '../../support/test-server.ts';
import type { Attack, Stage } from './stage.ts';

const report = () =>
  JSON.stringify({
    message: {
      type: 'end-of-call-report',
      timestamp: testTime,
      startedAt: new Date(testTime - 60_000).toISOString(),
      endedAt: new Date(testTime).toISOString(),
      cost: 0,
      call: { id: randomUUID(), type: 'webCall' },
    },
  });

function webhook(
  name: string,
  headers: (stage: Stage) => [string, string][],
  { path = '/v1/webhooks/vapi/acme', outcome = 'unauthorized' as Attack['outcome'], body = report() } = {},
): Attack {
  return {
    name: `a report ${name}`,
    outcome,
    attempt: (stage) =>
      stage.newcomer().ask({
        method: 'POST',
        path: path.replace('ACME_SECRET', stage.acme.webhookSecret),
        headers: [['Content-Type', 'application/json'], ...headers(stage)],
        body,
      }),
  };
}

const genuine = ({ acme }: Stage): [string, string][] => [['X-Vapi-Agent-Token', acme.webhookSecret]];

export const webhookAttacks: Attack[] = [
  webhook('without a secret', () => []),
  webhook('with an empty secret', () => [['X-Vapi-Secret', '']]),
  webhook('with another tenant’s secret', ({ rival }) => [['X-Vapi-Agent-Token', rival.webhookSecret]]),
  webhook('with the secret and one character more', ({ acme }) => [
    ['X-Vapi-Secret', `${acme.webhookSecret}x`],
  ]),
  webhook('with the secret but for its last character', ({ acme }) => [
    ['X-Vapi-Secret', acme.webhookSecret.slice(0, -1)],
  ]),
  webhook('with the tenant’s private key', ({ acme }) => [['Authorization', `Bearer ${acme.privateKey}`]]),
  webhook('with the operator’s key', ({ server }) => [['Authorization', `Bearer ${server.operatorKey}`]]),
  webhook('with the secret in the query', () => [], {
    path: '/v1/webhooks/vapi/acme?secret=ACME_SECRET&x-vapi-secret=ACME_SECRET',
  }),
  webhook('for a tenant that does not exist', genuine, { path: '/v1/webhooks/vapi/nobody' }),
  webhook('for a tenant with an escaped zero byte', genuine, {
    path: '/v1/webhooks/vapi/acme%00',
    outcome: 'not_found',
  }),
  webhook('with a genuine secret, but no JSON', genuine, { outcome: 'invalid_request', body: 'report' }),
  webhook('with a genuine secret, but a list', genuine, { outcome: 'invalid_request', body: '[]' }),
  // Accepted, so that it is not sent again, and ignored.
  webhook('with a genuine secret, for a call without an id', genuine, {
    outcome: 200,
    body: '{"message":{"type":"end-of-call-report","call":{}}}',
  }),
  webhook('with a genuine secret, of 6 MB', genuine, {
    outcome: 'payload_too_large',
    body: JSON.stringify({ message: { type: 'x', pad: 'x'.repeat(6_000_000) } }),
  }),
  {
    // The right one is still accepted: Vapi's addresses are shared, so a punishment would hit others.
    name: 'more than thirty guesses of a secret',
    outcome: 'rate_limited',
    async attempt(stage) {
      const visitor = stage.newcomer();
      const ask = (secret: string) =>
        visitor.ask({
          method: 'POST',
          path: '/v1/webhooks/vapi/acme',
          headers: [['X-Vapi-Secret', secret]],
          body: report(),
        });
      for (let guess = 0; guess < 30; guess += 1) await ask(`guess-${guess}`);
      return ask('guess-30');
    },
  },
];
