import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type PlanInput, planSchema } from '../../../server/contract.ts';
import { insertPlanVersion } from '../../../server/store/plans.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { tenantInput } from '../../support/test-server.ts';
import { type BillingStage, startBillingStage } from './stage.ts';

const cli = join(import.meta.dirname, '..', '..', '..', 'server', 'cli.ts');
const plan: PlanInput = {
  name: 'Simple',
  currency: 'usd',
  monthlyFeeCents: 1000,
  rates: [{ channels: ['web', 'inbound', 'outbound', 'chat'], price: { kind: 'cost-plus', markupBps: 0 } }],
};

describe('the command line', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: Date.parse('2026-12-03T00:00:00Z') });
    await stage.addTenant('acme', plan, '2026-11-01');
    await stage.book(
      'acme',
      { id: 'cli-1', at: '2026-11-05T00:00:00Z', seconds: 60, costMicros: 2_000_000 },
      { id: 'cli-2', at: '2026-11-06T00:00:00Z', seconds: 60, costMicros: null },
    );
  });
  // Many short processes from the same sources.
  const compiled = mkdtempSync(join(tmpdir(), 'vapi-agent-cli-'));
  after(() => rmSync(compiled, { recursive: true, force: true }));
  after(() => stage?.close());

  interface Result {
    code: number;
    out: string;
    err: string;
  }
  function run(args: string[], env: Record<string, string> = {}): Promise<Result> {
    const { server } = stage;
    const given = { VAPI_AGENT_URL: server.url, OPERATOR_API_KEY: server.operatorKey, ...env };
    return new Promise((resolve) => {
      // Away from the project's own .env and data.
      const options = {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: compiled, ...given },
      };
      const child = execFile(process.execPath, [cli, ...args], options, (_error, out, err) => {
        resolve({ code: child.exitCode ?? -1, out, err });
      });
    });
  }

  it('lists tenants and usage as tables', async () => {
    const tenants = await run(['tenants']);
    assert.equal(tenants.code, 0, tenants.err);
    assert.match(tenants.out, /^slug +name +status +timeZone\nacme +acme +active +UTC\n$/);
    const usage = await run(['usage', 'acme', '--from', '2026-11-01', '--to', '2026-12-01', '--by', 'month']);
    assert.match(usage.out, /2026-11 +2 +120 +2\.00 USD/);
  });

  it('prints a sign-in link alone, for the operator or for a client', async () => {
    const own = await run(['sign-in-link']);
    assert.match(own.out, /^https:\/\/voice\.agency\.example\/portal\/sign-in\?token=[\w-]{43}\n$/);
    assert.match(own.err, /^It works once, until 3 Dec 2026 00:15 UTC\.\n$/);
    const mailed = await run(['sign-in-link', 'acme', '--email', 'owner@acme.example']);
    assert.match(mailed.out, /^https:\/\/voice/);
    assert.match(mailed.err, /was not mailed: SMTP_URL/);
    assert.equal(mailed.code, 3);
    assert.match((await run(['sign-in-link', 'nobody'])).err, /tenant: there is no such tenant/);
  });

  it('prints a link to talk to an agent alone, and without a host for it names the setting', async () => {
    const { config } = stage.server.ctx;
    const refused = await run(['tenants', 'talk', 'acme']);
    assert.match(refused.err, /Set TALK_URL, another host name of this server/);
    config.talkUrl = 'https://talk.agency.example';
    const { out, err } = await run(['tenants', 'talk', 'acme']);
    config.talkUrl = null;
    assert.match(out, /^https:\/\/talk\.agency\.example\/talk#tenant=acme&mode=voice&token=[\w.-]+\n$/);
    assert.equal(err, 'It works until 3 Dec 2026 00:10 UTC.\n');
  });

  it('closes months, and its exit code shows that a person is needed', async () => {
    const dry = await run(['close', '--dry-run']);
    assert.match(dry.out, /acme +2026-11 +would-finalize +12\.00 USD +1/);
    const closed = await run(['close']);
    assert.equal(closed.code, 3, 'a call waits for its cost');
    assert.match(closed.out, /acme +2026-11 +finalized +INV-000001 +12\.00 USD +1/);
    const again = await run(['close']);
    assert.equal(again.code, 3, 'it still waits');
    assert.match(again.out, /acme +2026-11 +calls-left +1 +1 call without a known duration or cost: /);
    const other = await run(['close', '--month', '2026-10']);
    assert.deepEqual([other.code, other.out], [0, 'nothing\n']);
    assert.match(
      (await run(['invoices', 'acme'])).out,
      /INV-000001 +2026-11 +finalized +12\.00 USD +12\.00 USD/,
    );
    assert.match((await run(['invoices', '--month', '2026-11'])).out, /^acme +inv_\S+ +INV-000001 /m);
    assert.match((await run(['margin', '2026-11'])).out, /acme +true +2 +2\.00 USD +12\.00 USD +10\.00 USD/);
  });

  it('names a tenant whose margin could not be calculated, beside the table', async () => {
    const { store } = stage.server.ctx;
    await stage.server.createTenant({ slug: 'broken' });
    await stage.book('broken', { id: 'broken-1', at: '2026-11-05T00:00:00Z', seconds: 60 });
    const { id } = (await findTenant(store, 'broken')) as Tenant;
    await insertPlanVersion(store, id, '2026-11-01', { ...planSchema.parse(plan), rates: [] }, 0);
    const { out, err, code } = await run(['margin', '2026-11']);
    assert.match(out, /acme +true +2 +/);
    assert.equal(err, 'broken: Something went wrong on our side\n');
    assert.equal(code, 3);
    await stage.server.operator('DELETE', '/v1/tenants/broken');
  });

  it('prints a tenant’s snippet alone on its output, and warns of a site that is not allowed', async () => {
    const exact = (await stage.server.operator('GET', '/v1/tenants/acme/snippet?platform=gtm')).body;
    const given = await run(['snippet', 'acme', '--platform', 'gtm']);
    assert.deepEqual([given.code, given.out], [0, `${exact.snippet}\n`], given.err);
    assert.match(given.err, /^The agent starts only on these origins: https:/m);
    assert.equal(given.err, `${[`Where it goes: ${exact.where}`, ...exact.notes].join('\n')}\n`);
    const german = await run(['snippet', 'acme', '--platform', 'wordpress', '--lang', 'de']);
    assert.match(german.out, /^Text on the button: Sprechen Sie mit uns$/m);

    const site = 'https://new.acme.example';
    const refused = await run(['snippet', 'acme', '--origin', `${site}/contact`]);
    assert.equal(refused.code, 3);
    assert.match(refused.out, /^<script .*type="module"/);
    assert.match(refused.err, /new\.acme\.example is not an allowed origin of acme/);
    const [, advice = ''] = /^Allow it: vapi-agent (.+)$/m.exec(refused.err) ?? [];
    assert.equal((await run(advice.split(' '))).code, 0);
    const allowed = await run(['snippet', 'acme', '--origin', site]);
    assert.equal(allowed.code, 0);
    assert.doesNotMatch(allowed.err, /Warning/);
    assert.match(
      (await run(['snippet', 'acme', '--platform', 'myspace'])).err,
      /invalid_request\)\n {2}platform: /,
    );
  });

  it('sets plans from a preset or a file, tries one out, and books prepaid credit', async () => {
    await stage.addTenant('plans', plan, '2026-11-01');
    await stage.book('plans', { id: 'plans-1', at: '2026-11-05T00:00:00Z', seconds: 600 });
    assert.match((await run(['presets'])).out, /^retainer +499\.00 a month with 1,000 minutes/m);
    // 600 s in steps of six at 0.35 a minute
    const tried = await run(['simulate', 'plans', '2026-11', 'per-minute', '--json']);
    assert.equal(JSON.parse(tried.out).totalCents, 350);
    assert.equal((await run(['plan', 'plans', 'set', 'retainer', '--from', '2026-12-01'])).code, 0);
    const { versions } = JSON.parse((await run(['plan', 'plans', '--json'])).out);
    assert.deepEqual(
      versions.map((version: { from: string; plan: PlanInput }) => [version.from, version.plan.name]),
      [
        ['2026-11-01', 'Simple'],
        ['2026-12-01', 'Retainer with minutes'],
      ],
    );
    await stage.server.createTenant({ slug: 'older' });
    const older = ['plan', 'older', 'set', 'retainer', '--from', '2026-11-01'];
    assert.match((await run(older)).err, /has no call yet.*"backdate": true/);
    assert.equal((await run([...older, '--backdate'])).code, 0);
    const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-cli-'));
    const file = join(folder, 'plan.json');
    writeFileSync(file, JSON.stringify({ ...plan, name: 'From a file' }));
    assert.equal(
      JSON.parse((await run(['plan', 'plans', 'set', file, '--json'])).out).plan.name,
      'From a file',
    );
    writeFileSync(file, '[]');
    assert.match((await run(['plan', 'plans', 'set', file])).err, /does not contain a JSON object/);
    assert.match((await run(['plan', 'plans', 'set', 'golden'])).err, /golden: .*no such file/);
    rmSync(folder, { recursive: true });
    const added = await run([
      'credits',
      'plans',
      'add',
      '--amount',
      '5',
      '--note',
      'cash',
      '--reference',
      'r-1',
      '--json',
    ]);
    assert.equal(JSON.parse(added.out).balanceCents, 500);
    await run(['credits', 'plans', 'add', '--amount', '5.00', '--note', 'cash', '--reference', 'r-1']);
    const other = await run([
      'credits',
      'plans',
      'add',
      '--amount',
      '9',
      '--note',
      'cash',
      '--reference',
      'r-1',
    ]);
    assert.match(other.err, /5\.00 usd is already booked with this reference and the note “cash”/);
    assert.equal(JSON.parse((await run(['credits', 'plans', '--json'])).out).balanceCents, 500);
    const back = await run([
      'credits',
      'plans',
      'take-back',
      '--amount',
      '2.00',
      '--note',
      'counted twice',
      '--json',
    ]);
    assert.equal(JSON.parse(back.out).balanceCents, 300);
    assert.match((await run(['credits', 'plans'])).out, /correction +-2\.00 USD +counted twice/);
    assert.match((await run(['seller', '--json'])).out, /"invoicePrefix": "INV"/);
  });

  it('turns a wallet on, fills it once, and lists what has moved it', async () => {
    await stage.addTenant('wallets', plan, '2026-11-01');
    const words = (text: string) => run(text.split(' '));
    assert.match((await words('wallet wallets add --amount 5 --reference r')).err, /has no wallet/);
    const on = await words('wallet wallets on --credit-line 2.50 --low-mark 10 --low-mark 5 --json');
    const { creditLineMicros, lowMarksMicros } = JSON.parse(on.out);
    assert.deepEqual([creditLineMicros, lowMarksMicros], [2_500_000, [10_000_000, 5_000_000]]);
    for (const line of [
      'wallet wallets add --amount 20 --reference bank-1',
      'wallet wallets add --amount 20.00 --reference bank-1',
      'wallet wallets grant --amount 1 --reference gift --expires 2027-01-01T00:00:00Z',
      'wallet wallets lower --amount 0.50 --reference bank-2 --note mistyped',
    ]) {
      assert.equal((await words(line)).code, 0, line);
    }
    assert.match((await words('wallet wallets')).out, /^balance: 20\.50 USD$/m);
    assert.match(
      (await words('wallet wallets entries')).out,
      /^3 +3 Dec 2026 00:00 +adjustment +-0\.50 USD/m,
    );
  });

  it('makes and revokes keys', async () => {
    const made = JSON.parse((await run(['keys', 'create', 'Books', '--tenant', 'acme', '--json'])).out);
    assert.match(made.key, /^vak_/);
    assert.equal((await run(['keys', 'revoke', made.id])).code, 0);
    assert.match((await run(['keys'])).out, new RegExp(`${made.id} +Books +acme`));
  });

  it('creates, shows and deletes a tenant', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-cli-'));
    const file = join(folder, 'tenant.json');
    writeFileSync(
      file,
      JSON.stringify({ ...tenantInput(), webhookSecret: undefined, slug: 'fresh', name: 'Fresh' }),
    );
    const created = JSON.parse((await run(['tenants', 'create', file, '--json'])).out);
    rmSync(folder, { recursive: true });
    assert.match(created.webhookSecret, /^\w/);
    const { out } = await run(['tenants', 'show', 'fresh']);
    assert.match(out, /^name: Fresh$/m);
    assert.match(out, /^createdAt: 3 Dec 2026 00:00$/m);
    assert.match(out, /^limits:\n(?: {2}.+\n)* {2}monthlyBudget: \d+\.\d\d USD$/m);
    assert.match((await run(['tenants', 'list'])).out, /^fresh +Fresh +active/m);
    assert.deepEqual(await run(['tenants', 'delete', 'fresh']), { code: 0, out: 'done\n', err: '' });
    assert.doesNotMatch((await run(['tenants'])).out, /fresh/);
  });

  it('shows calls, and the calls of an invoice’s line, in amounts and times that people write', async () => {
    const calls = await run(['calls', 'acme']);
    assert.match(calls.out, /^id +createdAt +type +status +seconds +cost/);
    assert.match(calls.out, /^cli-1 +5 Nov 2026 00:00 +webCall +ended +60 +2\.00 USD/m);
    assert.match((await run(['calls', 'acme', '--json'])).out, /"costMicros": 2000000/);
    const one = await run(['calls', 'show', 'acme', 'cli-1']);
    assert.match(one.out, /^cost: 2\.00 USD$/m);
    const invoice = await run(['invoices', 'show', 'acme', 'INV-000001']);
    assert.match(invoice.out, /^total: 12\.00 USD$/m);
    const [, line = ''] = /^ +(\d) +.* 1 +2\.00 USD$/m.exec(invoice.out) ?? [];
    const ofLine = await run(['invoices', 'calls', 'acme', 'INV-000001', line]);
    assert.match(ofLine.out, /^cli-1 +0 +60 +60 +2\.00 +2\.00 USD$/m);
  });

  it('credits a part of an invoice', async () => {
    await stage.addTenant('parts', plan, '2026-11-01');
    const draft = JSON.parse((await run(['invoices', 'draft', 'parts', '2026-11', '--json'])).out);
    assert.equal((await run(['invoices', 'finalize', 'parts', draft.id])).code, 0);
    const credit = ['invoices', 'credit-note', 'parts', draft.id, 'Too', 'slow', '--line'];
    const { out, err } = await run([...credit, '1=2.50']);
    assert.match(out, /^kind: credit-note$/m, err);
    assert.match(out, /^total: -2\.50 USD$/m);
    assert.match(out, /reason: Too slow$/m);
  });

  it('takes amounts in the tenant’s currency, and refuses what once were its smallest units', async () => {
    await stage.addTenant('tokyo', { ...plan, currency: 'jpy' }, '2026-11-01');
    const refused = async (args: string[]) => {
      const { code, err } = await run(args);
      assert.equal(code, 2, err);
      return err;
    };
    const add = (tenant: string, amount: string) => ['credits', tenant, 'add', '--amount', amount];
    assert.equal(
      await refused(add('tokyo', '12.50')),
      '12.50 is not an amount of JPY: write it such as 12.\n',
    );
    assert.equal(JSON.parse((await run([...add('tokyo', '1200'), '--json'])).out).balanceCents, 1200);
    for (const amount of ['1e3', '0x10', '12.345', '12,50', '']) {
      assert.equal(
        await refused(add('acme', amount)),
        `${amount} is not an amount of USD: write it such as 12.00.\n`,
      );
    }
    assert.match(await refused(['credits', 'acme', 'add', '1250']), /There is no command|--amount/);
    const credit = ['invoices', 'credit', 'acme', 'INV-000001', 'Too', 'slow', '--line'];
    assert.equal(
      await refused([...credit, '1:250']),
      '--line 1:250 names no amount: write it such as 2=5.00.\n',
    );
    assert.equal(JSON.parse((await run(['credits', 'acme', '--json'])).out).balanceCents, 0);
  });

  it('names what was not found, with the nearest tenant', async () => {
    const said = async (...args: string[]) => {
      const { code, err } = await run(args);
      assert.equal(code, 1);
      return err;
    };
    assert.equal(
      await said('usage', 'acmee'),
      'There is no tenant “acmee”. Did you mean “acme”? (not_found)\n',
    );
    assert.equal(await said('tenants', 'show', 'zzz'), 'There is no tenant “zzz”. (not_found)\n');
    assert.equal(
      await said('invoices', 'show', 'acme', 'INV-9'),
      'Tenant acme has no invoice “INV-9”. (not_found)\n',
    );
    assert.equal(
      await said('invoices', 'calls', 'acme', 'INV-000001', '99'),
      'Tenant acme has no line 99 of invoice “INV-000001”. (not_found)\n',
    );
    assert.equal(await said('calls', 'show', 'acme', 'c-9'), 'Tenant acme has no call “c-9”. (not_found)\n');
    assert.equal(await said('keys', 'revoke', 'k-9'), 'There is no key “k-9”. (not_found)\n');
  });

  it('credits an invoice once for each reference', async () => {
    const listed = JSON.parse((await run(['invoices', 'acme', '--json'])).out);
    const { id } = (listed.invoices ?? listed)[0];
    const ask = () =>
      run(['invoices', 'credit', 'acme', id, 'Goodwill', '--reference', 'ticket-1', '--json']);
    const [first, second] = [await ask(), await ask()];
    assert.equal(first.code, 0, first.err);
    assert.equal(JSON.parse(second.out).id, JSON.parse(first.out).id);
  });

  it('reports what is wrong: an unknown command, a refused request, an unreachable server', async () => {
    const unknown = await run(['conjure']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /Usage:/);
    const refused = await run(['invoices', 'draft', 'acme', '2026-11']);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /2026-11 is billed by INV-000001\. \(conflict\)/);
    const gone = await run(['tenants'], { VAPI_AGENT_URL: 'http://127.0.0.1:1' });
    assert.equal(gone.code, 1);
    assert.doesNotMatch(gone.err, /at .*\.ts/);
  });
});
