/** A network whose calls have recordings, and how they are fetched. */
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';

export interface RecordingStage extends TestNetwork {
  /** A finished call of acme's, 30 seconds long unless the wish says otherwise. @returns its id */
  made(wish?: object): Promise<string>;
  /** With the operator's key; the body as bytes. */
  fetched(path: string, headers?: Record<string, string>, method?: string): Promise<Fetched>;
  /** A key that reads this tenant. */
  reader(tenant: string): Promise<string>;
}

export interface Fetched {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

export const pathOf = (id: string, query = '') => `/v1/tenants/acme/calls/${id}/recording${query}`;

export async function startRecordingStage(): Promise<RecordingStage> {
  const network = await startTestNetwork();
  const { server, emulator, acme } = network;
  return {
    ...network,
    async made(wish = {}) {
      const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, cost: 0.1, ...wish });
      await emulator.waitForCall(id, 'settled');
      return id;
    },
    async fetched(path, headers = {}, method = 'GET') {
      const authorization = `Bearer ${server.operatorKey}`;
      const answer = await fetch(server.url + path, { method, headers: { authorization, ...headers } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      return { status: answer.status, headers: answer.headers, bytes };
    },
    reader: async (tenant) =>
      (await server.operator('POST', '/v1/keys', { name: 'listens', tenant })).body.key,
  };
}
