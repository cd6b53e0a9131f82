/** An organization at Vapi with a squad of two assistants, for tests of clients that use it. */
import { randomUUID } from 'node:crypto';
import type { TestNetwork } from '../support/test-network.ts';

export interface SquadOrg {
  orgId: string;
  privateKey: string;
  publicKey: string;
  desk: string;
  sales: string;
  squad: string;
  /** Further assistants of the organization, in no squad. */
  others: string[];
}

/** @param slug the assistants report to this client's webhook, with the secret `secretOf(slug)` */
export function addSquadOrg(network: TestNetwork, slug: string, others = 0): SquadOrg {
  const org = {
    ...{ orgId: randomUUID(), privateKey: `private-${randomUUID()}`, publicKey: `public-${randomUUID()}` },
    ...{ desk: randomUUID(), sales: randomUUID(), squad: randomUUID() },
    others: Array.from({ length: others }, () => randomUUID()),
  };
  const server = {
    url: `${network.server.url}/v1/webhooks/vapi/${slug}`,
    headers: { 'x-vapi-agent-token': secretOf(slug) },
  };
  const assistant = (id: string, name: string) => ({
    ...{ id, name, server, serverMessages: ['status-update', 'end-of-call-report'] },
  });
  network.emulator.addOrg({
    orgId: org.orgId,
    privateKeys: [org.privateKey],
    publicKeys: [{ value: org.publicKey }],
    assistants: [
      assistant(org.desk, 'Desk'),
      assistant(org.sales, 'Sales'),
      ...org.others.map((id) => assistant(id, 'Other')),
    ],
    squads: [
      {
        ...{ id: org.squad, name: 'Reception team' },
        members: [{ assistantId: org.desk }, { assistantId: org.sales }],
      },
    ],
  });
  return org;
}

export const secretOf = (slug: string) => `webhook-secret-of-${slug}`;

/** The fields of a client whose website is answered by the squad. */
export function clientOf({ orgId, privateKey, squad }: SquadOrg, slug: string) {
  return {
    ...{ slug, name: slug, orgId, privateKey, assistantId: squad, webhookSecret: secretOf(slug) },
    modes: ['voice', 'chat'],
    limits: { callsPerMinutePerIp: 100, concurrentCalls: 50 },
  };
}
