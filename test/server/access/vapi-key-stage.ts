/** Clients whose public keys are made at the emulated Vapi. */
import assert from 'node:assert/strict';
import { retryKey } from '../../../server/access/tenants/public-key.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { type Answer, pageOrigin } from '../../support/test-server.ts';

export interface KeyAtVapi {
  id: string;
  value: string;
  name: string | undefined;
  restrictions: { allowedOrigins: string[]; allowedAssistantIds: string[]; allowTransientAssistant: boolean };
}

export const by = { actor: 'test', requestId: 'test' };

export class VapiKeyStage {
  readonly network: TestNetwork;
  #count = 0;
  #acme: TestTenant | undefined;
  constructor(network: TestNetwork) {
    this.network = network;
  }

  /** The client of the current test. */
  get acme(): TestTenant {
    assert.ok(this.#acme);
    return this.#acme;
  }
  get path(): string {
    return `/v1/tenants/${this.acme.slug}`;
  }
  /** A new one, without a public key; Vapi refuses nothing. */
  async addClient(): Promise<void> {
    this.network.emulator.setSwitch('refuseTokensWith', 0);
    this.#count += 1;
    this.#acme = await this.network.addTenant(`bakery-${this.#count}`, { publicKey: null });
  }

  operator(method: string, end = '', body?: unknown): Promise<Answer> {
    return this.network.server.operator(method, `${this.path}${end}`, body);
  }
  async stored(): Promise<Tenant> {
    return (await findTenant(this.network.server.ctx.store, this.acme.slug)) as Tenant;
  }
  async make() {
    const { status, body, text } = await this.operator('POST', '/vapi-key');
    assert.equal(status, 200, text);
    return body;
  }

  /** What Vapi has of this client's, apart from the keys that its organization began with. */
  async keysAtVapi(): Promise<KeyAtVapi[]> {
    const { acme, network } = this;
    const headers = { authorization: `Bearer ${acme.privateKey}` };
    const response = await fetch(`${network.emulator.url}/token`, { headers });
    assert.equal(response.status, 200);
    const all = (await response.json()) as KeyAtVapi[];
    const made = all.filter(({ value }) => value !== acme.privateKey && value !== acme.publicKey);
    for (const { value } of made) network.server.secrets.add('made public key', value);
    return made;
  }
  async theKeyAtVapi(): Promise<KeyAtVapi> {
    const [key, ...more] = await this.keysAtVapi();
    assert.ok(key && more.length === 0);
    return key;
  }
  async callStatus(key: string, origin = pageOrigin): Promise<number> {
    const response = await fetch(`${this.network.emulator.url}/call/web`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, origin, 'content-type': 'application/json' },
      body: JSON.stringify({ assistantId: this.acme.assistantId }),
    });
    await response.body?.cancel();
    return response.status;
  }
  /** As the background work does, once everything is due. */
  async retryAll(): Promise<void> {
    this.network.server.clock.now += 6 * 3600_000;
    while (await retryKey(this.network.server.ctx));
  }
  async close(): Promise<void> {
    await this.network.close();
  }
}

export async function startVapiKeyStage(): Promise<VapiKeyStage> {
  return new VapiKeyStage(await startTestNetwork());
}
