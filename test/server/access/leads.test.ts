/** What visitors leave when no one can talk to them: taken whatever refuses a call, limited, sealed, sent, erased. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { announcementTime } from '../../../server/access/notices/lead-notices.ts';
import { deliverNext } from '../../../server/access/notices/notice-delivery.ts';
import { pruneNext } from '../../../server/access/pruning.ts';
import { signInPerson } from '../../support/client-person.ts';
import { type HookReceiver, hasValidSignature, startHookReceiver } from '../../support/hook-receiver.ts';
import { type MailSink, startMailSink } from '../../support/mail-sink.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf, pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const consent = { version: 'v1', text: 'You may call me back.' };
const day = 86_400_000;

for (const engine of testDatabases()) {
  describe(`leads, on ${engine.name}`, () => {
    let server: TestServer;
    let receiver: HookReceiver;
    let sink: MailSink;
    let slug = '';
    let tenants = 0;
    before(async () => {
      receiver = await startHookReceiver();
      sink = await startMailSink();
      server = await startTestServer({
        engine,
        config: { trustProxy: 1 },
        secrets: { smtp: { url: sink.url, from: 'voice@agency.example' } },
      });
    });
    after(async () => {
      await Promise.all([server?.close(), receiver?.close(), sink?.close()]);
    });
    const pending = async () => {
      await deliverNext(server.ctx);
      const notices = server.ctx.store.selectFrom('notices').select('id');
      return (await notices.where('nextAttemptAt', '<=', server.clock.now + 60_000).execute()).length;
    };
    beforeEach(async () => {
      await until(async () => (await pending()) === 0, 'earlier notices to be settled');
      receiver.hooks.length = 0;
      sink.mails.length = 0;
      tenants += 1;
      slug = `client-${tenants}`;
      const leads = { consent, email: 'desk@acme.example', url: receiver.url, perDay: 12 };
      await server.createTenant({
        ...{ slug, hookSecret, leads, alerts: { email: 'owner@agency.example' } },
        clientAccess: { leads: true },
      });
    });

    const lead = (changes: Record<string, unknown> = {}) => ({
      ...{ tenant: slug, id: randomUUID(), name: 'Ada Lovelace', phone: '+49 30 1234567' },
      ...{ message: 'Please call\nme back.', consent: 'v1', reason: 'outside-hours' },
      page: `${pageOrigin}/contact?token=secret#top`,
      ...changes,
    });
    const leave = (changes: Record<string, unknown> = {}, address = '203.0.113.1', origin = pageOrigin) =>
      server.request('POST', '/v1/leads', {
        headers: { origin, 'content-type': 'text/plain', 'x-forwarded-for': address },
        body: lead(changes),
      });
    const list = async (query = '') => {
      const answer = await server.operator('GET', `/v1/tenants/${slug}/leads${query}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.body.leads;
    };

    /** The server's own worker takes its share of them. */
    const delivered = (hooks: number, mails: number) =>
      until(async () => {
        await deliverNext(server.ctx);
        return receiver.hooks.length === hooks && sink.mails.length === mails;
      }, `${hooks} hooks and ${mails} mails`);

    it('are taken while the agent is paused, and offered by the settings of the page', async () => {
      await server.operator('POST', `/v1/tenants/${slug}/pause`);
      const config = await server.request('GET', `/v1/widget/${slug}`, { headers: { origin: pageOrigin } });
      assert.deepEqual(config.body.leads, { consent });
      const answer = await leave();
      assert.equal(answer.status, 204, answer.text);
      assert.equal(answer.headers.get('access-control-allow-origin'), pageOrigin);
      const [kept, ...others] = await list();
      assert.equal(others.length, 0);
      assert.deepEqual(kept.content, {
        ...{ name: 'Ada Lovelace', phone: '+49 30 1234567', email: null },
        ...{ message: 'Please call\nme back.', page: `${pageOrigin}/contact`, consent },
      });
      const { state, reason, note } = kept;
      assert.deepEqual({ state, reason, note }, { state: 'new', reason: 'outside-hours', note: null });
      const rows = await server.ctx.store.selectFrom('leads').selectAll().execute();
      assert.doesNotMatch(JSON.stringify(rows), /Lovelace|1234567|Please call|contact/);
    });

    it('are refused where they are off, from other pages, without a way to answer, and for another text', async () => {
      assert.equal(codeOf(await leave({}, undefined, 'https://evil.example')), 'origin_not_allowed');
      assert.equal(codeOf(await leave({ tenant: 'no-such-client' })), 'origin_not_allowed');
      assert.equal(codeOf(await leave({ phone: undefined })), 'invalid_request');
      assert.equal(codeOf(await leave({ phone: 'call me' })), 'invalid_request');
      assert.equal(codeOf(await leave({ name: 'A\r\nBcc: all@x.example' })), 'invalid_request');
      const stale = await leave({ consent: 'v0' });
      assert.equal(stale.body.errors[0].path, 'consent');
      await server.operator('PATCH', `/v1/tenants/${slug}`, { leads: null });
      assert.equal(codeOf(await leave()), 'not_found');
      assert.deepEqual(await list(), []);
    });

    it('sent twice, even at once, are one lead and one message', async () => {
      const once = { id: randomUUID() };
      const answers = await Promise.all(Array.from({ length: 4 }, () => leave(once)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [204, 204, 204, 204],
      );
      assert.equal((await list()).length, 1);
      await delivered(1, 2);
      assert.equal(receiver.hooks.length, 1);
    });

    it('need the challenge that a session needs', async () => {
      await server.operator('PATCH', `/v1/tenants/${slug}`, { challenge: 'altcha' });
      assert.equal(codeOf(await leave()), 'challenge_required');
      assert.deepEqual(await list(), []);
    });

    it('are limited by network and in all, by the database', async () => {
      const burst = await Promise.all(Array.from({ length: 9 }, () => leave()));
      assert.equal(burst.filter(({ status }) => status === 204).length, 5);
      assert.equal(codeOf(await leave()), 'rate_limited');
      const many = await Promise.all(Array.from({ length: 9 }, (_, no) => leave({}, `198.51.100.${no}`)));
      assert.equal(many.filter(({ status }) => status === 204).length, 7);
      server.clock.now += day + 1;
      assert.equal((await leave()).status, 204);
    });

    it('reach the client at once with their content, and those of the next minutes together', async () => {
      await leave();
      await delivered(1, 2);
      const [hook, ...none] = receiver.hooks;
      assert.ok(hook && none.length === 0);
      assert.ok(hasValidSignature(hook, hookSecret));
      assert.equal(hook.body.data.leads[0].content.name, 'Ada Lovelace');
      const mails = sink.mails.join('\n');
      assert.match(mails, /To: desk@acme\.example[\s\S]*Ada Lovelace/);
      // The operator is notified too, without what was said.
      assert.equal(sink.mails.length, 2);
      const toOperator = sink.mails.find((mail) => mail.includes('To: owner@agency.example')) ?? '';
      assert.match(toOperator, /a visitor left a message/);
      assert.doesNotMatch(toOperator, /Lovelace|1234567|Please call/);
      await leave({ name: 'Bob' });
      await leave({ name: 'Cleo' });
      assert.equal(await deliverNext(server.ctx), false);
      server.clock.now += 600_000;
      await delivered(2, 4);
      const names = receiver.hooks[1]?.body.data.leads.map(
        (one: { content: { name: string } }) => one.content.name,
      );
      assert.deepEqual(names.sort(), ['Bob', 'Cleo']);
      assert.equal(receiver.hooks.length, 2);
      // The list of notices has none of it.
      assert.doesNotMatch((await server.operator('GET', '/v1/notices')).text, /Lovelace|1234567|Please call/);
    });

    it('are all in their message, even if processes differ in their clocks', async () => {
      await leave();
      await delivered(1, 2);
      for (const name of ['Bob', 'Cleo']) {
        server.clock.now -= 500;
        await leave({ name });
      }
      server.clock.now += 601_000;
      await delivered(2, 4);
      const names = receiver.hooks[1]?.body.data.leads.map(
        (one: { content: { name: string } }) => one.content.name,
      );
      assert.deepEqual(names.sort(), ['Bob', 'Cleo']);
    });

    it('are worked on by the client, listed by state, and exported without formulas', async () => {
      await leave({ name: '=HYPERLINK(1)' });
      const [{ id }] = await list();
      const { headers } = await signInPerson(server, slug, 'admin');
      const path = `/v1/tenants/${slug}/leads`;
      const changed = await server.request('PATCH', `${path}/${id}`, {
        headers: { ...headers, 'content-type': 'application/json' },
        body: { state: 'contacted', note: 'Will visit on Monday' },
      });
      assert.equal(changed.status, 200, changed.text);
      assert.equal(changed.body.note, 'Will visit on Monday');
      assert.equal((await list('?state=new')).length, 0);
      assert.equal((await list('?state=contacted')).length, 1);
      const csv = await server.request('GET', path, { headers: { ...headers, accept: 'text/csv' } });
      assert.match(csv.text, /'=HYPERLINK/);
      assert.equal((await server.operator('GET', '/v1/audit')).text.includes('Monday'), false);
      const other = await signInPerson(server, `client-${tenants - 1}`, 'admin');
      const foreign = await server.request('DELETE', `${path}/${id}`, other);
      assert.equal(codeOf(foreign), 'not_found');
      const viewer = await signInPerson(server, slug, 'viewer');
      assert.equal(codeOf(await server.request('DELETE', `${path}/${id}`, viewer)), 'forbidden');
      assert.equal((await server.request('DELETE', `${path}/${id}`, { headers })).status, 204);
      assert.equal(codeOf(await server.operator('DELETE', `${path}/${id}`)), 'not_found');
    });

    it('are found, exported and erased with the person', async () => {
      await leave();
      await leave({ phone: undefined, email: 'Ada@Home.example' });
      const ask = (what: string, caller: string) =>
        server.operator('POST', `/v1/tenants/${slug}/callers/${what}`, { caller });
      assert.equal((await ask('find', '0049 (30) 1234567')).body.leads.length, 1);
      const exported = await ask('export', 'ada@home.example');
      assert.equal(exported.body.leads[0].content.email, 'Ada@Home.example');
      const erased = await ask('erase', 'ada@home.example');
      assert.equal(erased.body.deletedLeads.length, 1);
      assert.equal((await ask('find', 'ada@home.example')).body.leads.length, 0);
      assert.equal((await list()).length, 1);
    });

    it('are deleted after the time that the tenant keeps them, and 30 days after the tenant', async () => {
      await leave();
      const settings = { consent, keepDays: 10 };
      await server.operator('PATCH', `/v1/tenants/${slug}`, { leads: settings });
      const kept = slug;
      const rows = async () =>
        (await server.ctx.store.selectFrom('leads').select(['tenantId', 'expiresAt']).execute()).length;
      const others = (await rows()) - 1;
      server.clock.now += 10 * day - 1;
      await pruneNext(server.ctx);
      slug = kept;
      assert.equal((await list()).length, 1);
      server.clock.now += 1;
      await pruneNext(server.ctx);
      assert.deepEqual(await list(), []);
      assert.equal(await rows(), others);
      await leave();
      await server.operator('PATCH', `/v1/tenants/${slug}`, { leads: { consent, keepDays: 3650 } });
      assert.equal((await server.operator('DELETE', `/v1/tenants/${slug}`)).status, 204);
      server.clock.now += 30 * day;
      await pruneNext(server.ctx);
      assert.equal((await rows()) <= others, true);
    });

    it('are sealed again under a new key', async () => {
      await leave();
      const answer = await server.operator('POST', '/v1/secrets/reseal');
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await list())[0].content.name, 'Ada Lovelace');
    });
  });
}

describe('when leads are announced', () => {
  const minute = 60_000;
  const now = 100 * minute;
  it('at once, then at most every ten minutes, and never in a notice that may be on its way', () => {
    const cases: [last: number | null, expected: number][] = [
      [null, now],
      [now - 10 * minute, now],
      [now - 9 * minute, now + minute],
      [now, now + 10 * minute],
      [now + 5 * minute, now + 5 * minute],
      [now + minute, now + 11 * minute],
    ];
    for (const [last, expected] of cases) assert.equal(announcementTime(last, now), expected, String(last));
  });
});
