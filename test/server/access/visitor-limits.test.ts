/** What one visitor network, and the many networks of one IPv6 /48, may request. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin } from '../../support/test-server.ts';

const from = (address: string) => ({ 'x-forwarded-for': address });
/** The n-th /56 of one /48. */
const networkIn = (site: number, n: number) => `2001:db8:${site.toString(16)}:${n.toString(16)}00::1`;
const plenty = { concurrentCalls: 1000, callsPerMinute: 1000, callsPerHour: 1000, callsPerDay: 1000 };

for (const engine of testDatabases()) {
  describe(`limits of a visitor network, on ${engine.name}`, () => {
    let network: TestNetwork;
    before(async () => {
      network = await startTestNetwork({
        server: {
          engine,
          config: { trustProxy: 1, visitorLimits: { ahead: 12, sessions: 6, starts: 60 } },
        },
        emulator: { joinTimeoutMs: 3_600_000 },
        tenant: { modes: ['hybrid'], limits: { ...plenty, callsPerMinutePerIp: 2 } },
      });
    });
    after(() => network.close());

    const session = (address: string, query = '') =>
      network.visitor(`/v1/sessions${query}`, { tenant: 'acme' }, from(address));
    const times = async (count: number, ask: (n: number) => Promise<Answer>) => {
      const statuses: number[] = [];
      for (let n = 0; n < count; n += 1) statuses.push((await ask(n)).status);
      return statuses;
    };
    const call = async (address: string) =>
      network.visitor('/v1/calls', { session: (await session(address)).body.session }, from(address));

    it('fetching ahead of a click never uses up what the click needs', async () => {
      const office = '198.51.100.20';
      const ahead = await times(13, () => session(office, '?ahead=true'));
      assert.deepEqual(ahead, [...Array(12).fill(201), 429]);
      const settings = await times(13, () =>
        network.server.request('GET', '/v1/widget/acme', {
          headers: { origin: pageOrigin, ...from(office) },
        }),
      );
      assert.deepEqual(settings, [...Array(12).fill(200), 429]);
      assert.equal((await call(office)).status, 201);
      assert.deepEqual(await times(6, () => session(office)), [...Array(5).fill(201), 429]);
    });

    it('the challenge before a session is counted with it', async () => {
      await network.addTenant('guarded', { challenge: 'altcha' });
      const challenge = (query: string) =>
        network.server.request('GET', `/v1/widget/guarded/challenge${query}`, {
          headers: { origin: pageOrigin, ...from('198.51.100.21') },
        });
      assert.equal((await times(13, () => challenge('?ahead=true'))).at(-1), 429);
      assert.equal((await challenge('')).status, 200);
    });

    it('an IPv6 /48 gets four times what one of its networks does, however many there are', async () => {
      assert.deepEqual(await times(25, (n) => session(networkIn(1, n))), [...Array(24).fill(201), 429]);
      assert.equal((await session(networkIn(2, 0))).status, 201, 'another /48');
    });

    it("a tenant's starts per network are counted per /48 too, in the store", async () => {
      assert.deepEqual(await times(8, (n) => call(networkIn(3, n))), Array(8).fill(201));
      assert.equal(codeOf(await call(networkIn(3, 8))), 'rate_limited');
      assert.equal((await call(networkIn(4, 0))).status, 201, 'another /48');
      assert.deepEqual(await times(3, () => call('198.51.100.22')), [201, 201, 429], 'IPv4 as before');
      network.server.clock.now += 61_000;
      const later = await call(networkIn(3, 9));
      assert.notEqual(codeOf(later), 'rate_limited', 'a minute later');
    });
  });
}
