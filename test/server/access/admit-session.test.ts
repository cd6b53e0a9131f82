/** A permission is checked in the same way whether it begins a call or a conversation, or continues one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin } from '../../support/test-server.ts';

const otherPage = 'https://blog.acme.example';
const home = '198.51.100.7';
const mobile = '203.0.113.9';

describe('a permission used where it was not issued', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({
      server: { config: { trustProxy: 1 } },
      emulator: { speed: 50 },
      tenant: { modes: ['hybrid'], allowedOrigins: [pageOrigin, otherPage], limits: { concurrentCalls: 50 } },
    });
  });
  after(() => network.close());

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    network.visitor(path, body, { 'x-forwarded-for': home, ...headers });
  const session = async (slug: string): Promise<string> =>
    (await post('/v1/sessions', { tenant: slug })).body.session;
  const permissionIn = ({ text }: Answer): string => /"chat":"([^"]+)"/.exec(text)?.[1] ?? '';

  type Use = (slug: string) => Promise<(headers: Record<string, string>) => Promise<Answer>>;
  const uses: Record<string, Use> = {
    'a call': async (slug) => {
      const body = { session: await session(slug) };
      return (headers) => post('/v1/calls', body, headers);
    },
    'the first message': async (slug) => {
      const body = { session: await session(slug), message: 'Hello' };
      return (headers) => post('/v1/chats', body, headers);
    },
    'a further message': async (slug) => {
      const first = await post('/v1/chats', { session: await session(slug), message: 'Hello' });
      const body = { chat: permissionIn(first), message: 'And then?' };
      return (headers) => post('/v1/chats', body, headers);
    },
  };

  for (const [name, use] of Object.entries(uses)) {
    it(`${name} from another network needs a new session, and is not refused for good`, async () => {
      const attempt = await use('acme');
      const refused = await attempt({ 'x-forwarded-for': mobile });
      assert.deepEqual([refused.status, codeOf(refused)], [401, 'session_expired']);
      assert.ok((await attempt({})).status < 300, 'and the refusal has not used it up');
    });

    it(`${name} on another page of the tenant is refused`, async () => {
      assert.equal(codeOf(await (await use('acme'))({ origin: otherPage })), 'origin_not_allowed');
    });

    it(`${name} for a tenant deleted since, whose handle belongs to another tenant now, is refused`, async () => {
      const slug = name.replaceAll(' ', '-');
      await network.addTenant(slug, { modes: ['hybrid'] });
      const attempt = await use(slug);
      await network.server.operator('DELETE', `/v1/tenants/${slug}`);
      await network.addTenant(slug, { modes: ['hybrid'] });
      assert.equal(codeOf(await attempt({})), 'unauthorized');
    });

    it(`${name} from another network is accepted if the tenant does not bind sessions`, async () => {
      const slug = `free-${name.replaceAll(' ', '-')}`;
      await network.addTenant(slug, { modes: ['hybrid'], bindSessionToNetwork: false });
      assert.ok((await (await use(slug))({ 'x-forwarded-for': mobile })).status < 300);
    });
  }
});
