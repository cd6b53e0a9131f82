/** Clients whose wiring is looked after, at the emulated Vapi. */
import assert from 'node:assert/strict';
import type { UnwireAnswer, WireAnswer, WiringAnswer } from '../../../../server/contract.ts';
import { sweepOrg } from '../../../../server/metering/sweep.ts';
import { checkNextWiring } from '../../../../server/metering/wiring-watch.ts';
import { freePort } from '../../../support/free-port.ts';
import type { Engine } from '../../../support/postgres.ts';
import { startTestNetwork } from '../../../support/test-network.ts';

export const minute = 60_000;
/** A server that an assistant already has. */
export const theirs = { url: 'https://crm.client.example/vapi' };

export type WatchStage = Awaited<ReturnType<typeof startWatchStage>>;

export async function startWatchStage(engine: Engine) {
  // What wiring writes is where the reports arrive.
  const port = await freePort();
  const config = { port, publicUrl: `http://127.0.0.1:${port}` };
  const network = await startTestNetwork({ server: { engine, config } });
  let count = 0;

  /** One that is not wired yet, and whose notices are kept. */
  const add = async (assistant: Record<string, unknown> = {}) => {
    count += 1;
    const alerts = { email: 'alerts@agency.example' };
    const server = undefined;
    const tenant = await network.addTenant(`watch${count}`, { alerts }, { server, ...assistant } as never);
    const { slug, assistantId, privateKey } = tenant;
    const operator = async <Body>(method: string, path: string, body?: object) => {
      const answer = await network.server.operator(method, `/v1/tenants/${slug}${path}`, body);
      assert.equal(answer.status, 200, answer.text);
      return answer.body as Body;
    };
    const atVapi = (method: string, path: string, body?: object) =>
      fetch(`${network.emulator.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    return {
      ...tenant,
      operator,
      wire: async () => {
        const { assistants } = await operator<WireAnswer>('POST', '/wire', {});
        return assistants[0] as WireAnswer['assistants'][number];
      },
      unwire: () => operator<UnwireAnswer>('POST', '/unwire'),
      wiring: async () => {
        const { assistants } = await operator<WiringAnswer>('GET', '/wiring');
        return assistants[0] as WiringAnswer['assistants'][number];
      },
      patch: (fields: object) => atVapi('PATCH', `/assistant/${assistantId}`, fields),
      restore: (version: string) => atVapi('POST', `/assistant/${assistantId}/restore/${version}`),
      remove: () => atVapi('DELETE', `/assistant/${assistantId}`),
      serverAtVapi: async () =>
        ((await (await atVapi('GET', `/assistant/${assistantId}`)).json()) as { server?: { url?: string } })
          .server?.url,
      call: async (webhooks = true) => {
        const createdAt = new Date(network.server.clock.now).toISOString();
        const call = network.emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, createdAt, webhooks });
        await network.emulator.waitForCall(call.id, 'settled');
        return call.id;
      },
      notices: async () => {
        const rows = await network.server.ctx.store
          .selectFrom('notices')
          .selectAll()
          .where('kind', '=', 'not-reporting')
          .orderBy('createdAt')
          .execute();
        const all = rows.map(({ payload }) => JSON.parse(payload).data as Record<string, string>);
        return all.filter(({ tenant: of }) => of === slug).map(({ problem }) => problem);
      },
    };
  };
  const pass = async (ms = 20 * minute) => {
    network.server.clock.now += ms;
    while (await checkNextWiring(network.server.ctx));
  };
  /** As the workers do within an hour of what happened. */
  const passAnHour = async ({ orgId }: { orgId: string }) => {
    const { ctx, clock } = network.server;
    for (let time = 0; time < 3; time += 1) {
      clock.now += minute;
      await sweepOrg(ctx, orgId);
      await pass(19 * minute);
    }
  };
  return {
    network,
    add,
    pass,
    passAnHour,
    /** What a test leaves wired is not checked in the next ones. */
    forget: async () => {
      network.emulator.setSwitch('assistantEdits', 'in-place');
      await network.server.ctx.store.deleteFrom('wirings').execute();
    },
    close: () => network.close(),
  };
}
