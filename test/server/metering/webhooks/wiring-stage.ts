/** Tenants whose assistants have servers of their own at the emulator, and what wires them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import type { WireAnswer } from '../../../../server/contract.ts';
import type { Engine } from '../../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../../support/test-network.ts';

/** The server that an assistant had before. */
export const theirs = {
  url: 'https://crm.client.example/vapi?from=assistant',
  headers: { 'X-Their-Key': 'secret-of-their-server' },
  secret: 'legacy-secret-of-theirs',
  timeoutSeconds: 45,
};

/** Starts a network before the tests of the suite, and closes it after them. */
export function wiringStage(engine: Engine) {
  let network: TestNetwork;
  let count = 0;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
    network.server.secrets.add('header of the own server', 'secret-of-their-server');
    network.server.secrets.add('legacy secret of the own server', 'legacy-secret-of-theirs');
  });
  after(() => network?.close());

  /** A tenant whose assistants have these servers; the first is its main one. */
  const tenant = async (assistants: Record<string, unknown>[], changes: Record<string, unknown> = {}) => {
    count += 1;
    const org = {
      orgId: randomUUID(),
      privateKeys: [`private-${randomUUID()}`],
      publicKeys: [],
      assistants: assistants.map((fields) => ({ id: randomUUID(), ...fields })),
    };
    const squad = { id: randomUUID(), members: org.assistants.map(({ id }) => ({ assistantId: id })) };
    network.emulator.addOrg({ ...org, squads: [squad] });
    const [assistantId, ...others] = org.assistants.map(({ id }) => id);
    const webhookSecret = `webhook-${randomUUID()}`;
    const view = await network.server.createTenant({
      slug: `w${count}`,
      orgId: org.orgId,
      privateKey: org.privateKeys[0],
      assistantId,
      webhookSecret,
      ...changes,
    });
    const atVapi = async (id = assistantId): Promise<Record<string, unknown>> => {
      const headers = { authorization: `Bearer ${org.privateKeys[0]}` };
      return (await fetch(`${network.emulator.url}/assistant/${id}`, { headers })).json() as never;
    };
    return { view, slug: view.slug, org, squad, assistantId, others, webhookSecret, atVapi };
  };
  const wire = async (slug: string, query = '', body: object = {}): Promise<WireAnswer> => {
    const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire${query}`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const viewOf = async (slug: string) => (await network.server.operator('GET', `/v1/tenants/${slug}`)).body;
  return {
    tenant,
    wire,
    viewOf,
    get network() {
      return network;
    },
  };
}
