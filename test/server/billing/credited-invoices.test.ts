/** Every view of an invoice shows the same about its credit notes: its state, and the remaining amount. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { KyselyPlugin } from 'kysely';
import type { BookedInvoice, InvoiceSummary } from '../../../server/contract.ts';
import { listAllInvoices, listInvoices } from '../../../server/store/invoice-lists.ts';
import { mustBe } from './stage.ts';
import { type StripeStage, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
/** By the tenant's slug: each has one invoice of 119.60, and what happened to it. */
const expected: Record<string, [status: string, state: string, leftToPayCents: number]> = {
  untouched: ['finalized', 'finalized', 11_960],
  'in-part': ['finalized', 'finalized', 10_770],
  whole: ['finalized', 'credited', 0],
  'closed-at-stripe': ['paid', 'credited', 0],
  'given-back-later': ['paid', 'paid', 0],
  'note-voided': ['finalized', 'finalized', 11_960],
};

before(async () => {
  place = await startStripeStage();
  const manual = { billing: { collection: 'manual' } };
  const ids: Record<string, string> = {};
  for (const slug of ['untouched', 'in-part', 'whole', 'given-back-later', 'note-voided']) {
    ids[slug] = (await place.finalized(slug, manual)).id;
  }
  const id = (slug: string) => ids[slug] ?? '';
  await place.credited('in-part', id('in-part'), [{ line: 1, amountCents: 1000 }]);
  await place.credited('whole', id('whole'));
  const closed = (await place.pushed('closed-at-stripe')).invoice;
  await mustBe(200, place.push('closed-at-stripe', (await place.credited('closed-at-stripe', closed.id)).id));
  await mustBe(200, place.operator('POST', `given-back-later/invoices/${id('given-back-later')}/paid`));
  place.stage.server.clock.now += 1000;
  await place.credited('given-back-later', id('given-back-later'));
  const note = await place.credited('note-voided', id('note-voided'));
  await mustBe(200, place.operator('POST', `note-voided/invoices/${note.id}/void`));
});
after(() => place?.close());

const shown = ({ status, state, leftToPayCents }: InvoiceSummary) => [status, state, leftToPayCents];
const books = async (query = '') => {
  const { body } = await mustBe(200, place.stage.server.operator('GET', `/v1/billing/invoices${query}`));
  return (body.invoices as BookedInvoice[]).filter(({ kind }) => kind === 'invoice');
};

describe('an invoice and what credit notes have credited of it', () => {
  it('is the same in the list of all clients, in the client’s own and on its own', async () => {
    const all = await books();
    assert.equal(all.length, Object.keys(expected).length);
    for (const invoice of all) {
      const [own] = (
        await mustBe(200, place.operator('GET', `${invoice.tenant}/invoices`))
      ).body.invoices.filter(({ kind }: InvoiceSummary) => kind === 'invoice');
      const single = (await mustBe(200, place.operator('GET', `${invoice.tenant}/invoices/${invoice.id}`)))
        .body;
      for (const one of [invoice, own, single]) {
        assert.deepEqual(shown(one), expected[invoice.tenant], invoice.tenant);
      }
    }
  });

  it('is the same in both files', async () => {
    const { server } = place.stage;
    const headers = { authorization: `Bearer ${server.operatorKey}`, accept: 'text/csv' };
    const ends = async (path: string) => {
      const { text } = await server.request('GET', path, { headers });
      const [, ...lines] = text.trim().split('\r\n');
      return lines.filter((line) => /^INV/.test(line)).map((line) => line.split(',').slice(-2));
    };
    for (const [slug, [, state, left]] of Object.entries(expected)) {
      assert.deepEqual(await ends(`/v1/tenants/${slug}/invoices`), [[state, (left / 100).toFixed(2)]], slug);
    }
    const all = Object.values(expected).map(([, state, left]) => `${state} ${(left / 100).toFixed(2)}`);
    const there = (await ends('/v1/billing/invoices')).map((columns) => columns.join(' '));
    assert.deepEqual(there.sort(), all.sort());
  });

  it('is the same on the command line, which finds it by that state', async () => {
    const { server } = place.stage;
    const cli = join(import.meta.dirname, '..', '..', '..', 'server', 'cli.ts');
    const env = { PATH: '', VAPI_AGENT_URL: server.url, OPERATOR_API_KEY: server.operatorKey };
    const words = ['invoices', '--state', 'credited', '--json'];
    // Away from the project's own .env.
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], { cwd: tmpdir(), env });
    const { invoices } = JSON.parse(stdout) as { invoices: Record<string, unknown>[] };
    assert.deepEqual(
      invoices.map(({ tenant, state, leftToPayCents }) => `${tenant} ${state} ${leftToPayCents}`).sort(),
      ['closed-at-stripe credited 0', 'whole credited 0'],
    );
  });

  it('is found only by the state that is shown', async () => {
    for (const wanted of ['finalized', 'credited', 'paid', 'overdue']) {
      const slugs = Object.keys(expected).filter((slug) => expected[slug]?.[1] === wanted);
      assert.deepEqual((await books(`?state=${wanted}`)).map(({ tenant }) => tenant).sort(), slugs.sort());
    }
    assert.equal((await books('?status=finalized&state=credited')).length, 1);
  });

  it('is read in one query per page', async () => {
    const { store } = place.stage.server.ctx;
    let queries = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        queries += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const db = store.withPlugin(counting);
    const all = { month: null, status: null, state: null, search: null };
    const page = { sort: 'time', isDescending: true, after: null, limit: 100 } as const;
    const rows = await listAllInvoices(db, all, page);
    assert.deepEqual([rows.length > 6, queries], [true, 1]);
    await listInvoices(db, rows[0]?.tenantId ?? '', null, 100, true);
    assert.equal(queries, 2);
  });
});
