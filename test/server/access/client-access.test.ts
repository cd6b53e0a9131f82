/** What a client sees of its own: every operation with every switch on and off, for client, operator and another client. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  alwaysForClients,
  type ClientRoute,
  type ClientSwitch,
  type ClientSwitchName,
  clientRoutes,
  clientRuleOf,
  clientSwitches,
  clientSwitchNames,
} from '../../../server/contract.ts';
import { operations } from '../../../server/openapi/document.ts';
import { insertLead } from '../../../server/store/leads.ts';
import { findTenant } from '../../../server/store/tenants.ts';
import { signInPerson } from '../../support/client-person.ts';
import { listen } from '../../support/listen.ts';
import type { Answer } from '../../support/test-server.ts';
import { type BillingStage, mustBe, simplePlan, startBillingStage } from '../billing/stage.ts';

const forClients = operations.filter(({ caller }) => caller === 'tenant');
const all = Object.fromEntries(clientSwitchNames.map((name) => [name, true]));

let stage: BillingStage;
let vapi: Awaited<ReturnType<typeof startSilentVapi>>;
let invoice: string;
const people: Record<string, Record<string, string>> = {};
before(async () => {
  vapi = await startSilentVapi();
  stage = await startBillingStage({ vapiBaseUrl: vapi.url });
  for (const slug of ['acme', 'rival']) {
    await stage.addTenant(slug, simplePlan, '2026-11-01');
    await stage.book(slug, { id: callOf(slug), at: '2026-11-05T10:00:00Z', seconds: 60 });
  }
  invoice = (await mustBe(200, stage.bill('acme', '2026-11'))).body.id;
  // What it may not see of acme must not depend on its own switches.
  await mustBe(200, stage.server.operator('PATCH', '/v1/tenants/rival', { clientAccess: all }));
});
// Reads are limited for each of them.
beforeEach(async () => {
  for (const slug of ['acme', 'rival'])
    people[slug] = (await signInPerson(stage.server, slug, 'admin')).headers;
});
after(async () => {
  await stage?.close();
  await vapi?.close();
});

const callOf = (slug: string) =>
  slug === 'acme' ? 'ac0e0000-0000-4000-8000-000000000001' : '11a10000-0000-4000-8000-000000000002';

/** Its calls were not recorded, and nothing was said. */
function startSilentVapi() {
  const silent = createServer(({ url = '' }, response) => {
    const id = /^\/call\/([\w-]{36})$/.exec(url)?.[1];
    const call = { id, status: 'ended', endedAt: '2026-11-05T10:01:00Z', messages: [] };
    const [status, body] = url.startsWith('/call?')
      ? [200, []]
      : id
        ? [200, call]
        : [url.startsWith('/call/') ? 404 : 500, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return listen(silent);
}

const leadId = 'lead_11111111-1111-4111-8111-111111111111';

type Who = 'operator' | 'acme' | 'rival';

function ask(who: Who, route: ClientRoute, accept = 'application/json', query = ''): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const where = path
    .replace('{slug}', 'acme')
    .replace('{no}', '1')
    .replace('/calls/{id}', `/calls/${callOf('acme')}`)
    .replace('/leads/{id}', `/leads/${leadId}`)
    .replace('/invoices/{id}', `/invoices/${invoice}`);
  const proof =
    who === 'operator' ? { authorization: `Bearer ${stage.server.operatorKey}` } : (people[who] ?? {});
  const headers = { ...proof, accept, 'content-type': 'application/json' };
  const body = route.endsWith('/callers/find') ? { caller: '+49 30 1234567' } : {};
  return stage.server.request(method, where + query, { headers, ...(method === 'GET' ? {} : { body }) });
}

const set = (clientAccess: object) =>
  mustBe(200, stage.server.operator('PATCH', '/v1/tenants/acme', { clientAccess }));
const setDefault = (clientAccess: object) =>
  mustBe(200, stage.server.operator('PATCH', '/v1/client-defaults', { clientAccess }));

/** One that may have been deleted by the request before. */
async function keepLead(): Promise<void> {
  const { ctx, clock } = stage.server;
  const acme = await findTenant(ctx.store, 'acme');
  if (!acme) throw new Error('there is no acme');
  const at = { createdAt: clock.now, announcedAt: clock.now, expiresAt: clock.now + 86_400_000 };
  await insertLead(ctx.store, {
    ...{ tenantId: acme.id, id: leadId, state: 'new', reason: 'busy', contentSealed: '', noteSealed: null },
    ...{ phoneHash: null, emailHash: null, visitorNetwork: '', visitorSite: null },
    ...at,
  });
}

/** What the fields of a path hold: `calls[].priceMicros`. */
function valuesAt(body: unknown, [piece = '', ...rest]: string[]): unknown[] {
  const value = (body as Record<string, unknown>)[piece.replace('[]', '')];
  const inner = piece.endsWith('[]') ? (value as unknown[]) : [value];
  return rest.length === 0 ? inner : inner.flatMap((one) => valuesAt(one, rest));
}

/** That a call has no recording is found, and says so. */
async function isFound(who: Who, route: ClientRoute, accept?: string): Promise<boolean> {
  if (route.includes('/leads/')) await keepLead();
  const { status, body } = await ask(who, route, accept);
  assert.ok(status !== 403 && status !== 429, `${route} for ${who}: ${status}`);
  return status !== 404 || body.detail !== undefined;
}

/** With the prices, which count as ten reads. */
async function whole(who: Who, route: ClientRoute): Promise<unknown> {
  const prices = /calls$|calls\/\{id\}$/.test(route) ? '?prices=yes' : '';
  return (await ask(who, route, 'application/json', prices)).body;
}

describe('the table of what clients may do', () => {
  it('names every operation for clients, by a switch or as one that needs none, and no other', () => {
    const described = forClients.map(({ route }) => route).sort();
    assert.deepEqual([...clientRoutes].sort(), described);
    for (const route of alwaysForClients)
      assert.deepEqual(clientRuleOf(route)?.needs, [], `${route} needs a switch, too`);
  });

  it('names every CSV form, and fields of operations that are described', () => {
    const withCsv = forClients.filter(({ answers }) =>
      Object.values(answers).some(({ media = {} }) => 'text/csv' in media),
    );
    assert.deepEqual(withCsv.map(({ route }) => route).sort(), [...clientSwitches.exports.csv].sort());
    for (const name of clientSwitchNames)
      for (const route of Object.keys((clientSwitches[name] as ClientSwitch).fields ?? {}))
        assert.ok(clientRoutes.includes(route as ClientRoute), `${name}: ${route}`);
  });
});

describe('each operation with each switch', () => {
  const onTenants = clientRoutes.filter((route) => route.includes('{slug}'));
  for (const name of clientSwitchNames) {
    it(`${name}: off hides what it covers from the client and from no one else`, async () => {
      await set({ ...all, [name]: false });
      for (const route of onTenants) {
        const rule = clientRuleOf(route);
        const covers = rule?.needs.includes(name as ClientSwitchName);
        assert.equal(await isFound('acme', route), !covers, `${route} with ${name} off`);
        assert.equal(await isFound('operator', route), true, `${route} for the operator`);
        assert.equal(await isFound('rival', route), false, `${route} for another client`);
        if (rule?.needsForCsv.includes(name as ClientSwitchName)) {
          assert.equal(await isFound('acme', route, 'text/csv'), false, `${route} as CSV`);
          assert.equal(await isFound('operator', route, 'text/csv'), true, `${route} as CSV, operator`);
        }
        const fields = (rule?.fields ?? []).filter(([of]) => of === name);
        if (fields.length === 0) continue;
        const [own, operator] = [await whole('acme', route), await whole('operator', route)];
        for (const [, field] of fields) {
          const isAt = (body: unknown) => valuesAt(body, field.split('.'));
          assert.ok(
            isAt(own).every((one) => one === undefined),
            `${route} ${field}`,
          );
          assert.ok(
            isAt(operator).every((one) => one !== undefined),
            route,
          );
        }
      }
      await set({ [name]: true });
      for (const route of onTenants) {
        assert.equal(await isFound('acme', route), true, `${route} with ${name} on`);
        assert.equal(await isFound('rival', route), false, `${route} for another client`);
        const fields = clientRuleOf(route)?.fields ?? [];
        const body = fields.length === 0 ? null : await whole('acme', route);
        for (const [, field] of fields)
          assert.ok(
            valuesAt(body, field.split('.')).every((one) => one !== undefined),
            `${route} ${field}`,
          );
      }
    });
  }

  it('no spelling of an address gets past a switch that is off', async () => {
    await set({ ...all, invoices: false, exports: false });
    const headers = { ...people.acme };
    for (const path of [
      '/V1/Tenants/acme/Invoices',
      '/v1/tenants/acme/invoices/',
      '/v1/tenants/acme/%69nvoices',
    ])
      for (const method of ['GET', 'HEAD'])
        assert.equal(
          (await stage.server.request(method, path, { headers })).status,
          404,
          `${method} ${path}`,
        );
    for (const accept of ['text/csv', 'text/*', 'text/csv, application/json;q=0.5'])
      assert.equal((await ask('acme', 'GET /v1/tenants/{slug}/calls', accept)).status, 404, accept);
  });

  it('an invoice is printed without its annex of prices for a client that must not see them', async () => {
    const printed = async (who: Who) =>
      (await ask(who, 'GET /v1/tenants/{slug}/invoices/{id}', 'text/html', '?calls=yes')).text;
    await set({ ...all, callPrices: false });
    assert.ok(!(await printed('acme')).includes(callOf('acme')));
    assert.ok((await printed('operator')).includes(callOf('acme')));
    await set({ callPrices: true });
    assert.ok((await printed('acme')).includes(callOf('acme')));
  });
});

describe('the agency’s default', () => {
  const me = async (who: Who) => (await ask(who, 'GET /v1/me')).body.access;

  it('counts for every client that has not chosen, as soon as it changes', async () => {
    const none = Object.fromEntries(clientSwitchNames.map((name) => [name, null]));
    await set(none);
    assert.deepEqual((await stage.server.operator('GET', '/v1/tenants/acme')).body.clientAccess, {});
    const initial = Object.fromEntries(
      clientSwitchNames.map((name) => [name, clientSwitches[name].initially]),
    );
    assert.deepEqual(await me('acme'), initial);
    await setDefault({ invoices: false, origins: true });
    assert.deepEqual(await me('acme'), { ...initial, invoices: false, origins: true });
    await mustBe(200, stage.server.operator('PATCH', '/v1/tenants/rival', { clientAccess: none }));
    await set({ invoices: true });
    await setDefault({ recordings: false });
    assert.deepEqual(await me('acme'), { ...initial, origins: true, recordings: false });
    assert.deepEqual(await me('rival'), { ...initial, invoices: false, origins: true, recordings: false });
    assert.deepEqual(await me('operator'), all);
    await setDefault({ invoices: null, origins: null, recordings: null });
    assert.deepEqual(await me('rival'), initial);
  });

  it('keeps both of two changes at once, of a default and of a client', async () => {
    await Promise.all([setDefault({ hours: false }), setDefault({ texts: false })]);
    const { clientAccess } = (await stage.server.operator('GET', '/v1/client-defaults')).body;
    assert.deepEqual([clientAccess.hours, clientAccess.texts], [false, false]);
    await Promise.all([set({ hours: true }), set({ texts: true })]);
    const saved = (await stage.server.operator('GET', '/v1/tenants/acme')).body.clientAccess;
    assert.deepEqual([saved.hours, saved.texts], [true, true]);
    await setDefault({ hours: null, texts: null });
  });
});
