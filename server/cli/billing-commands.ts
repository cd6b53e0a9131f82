/** Commands about usage, calls, plans, invoices and the end of a month. */
import { fromUnits, minorDigits, toUnits } from '../base/currency.ts';
import { planPresets } from '../contract/plan-presets.ts';
import {
  type Command,
  type Flags,
  get,
  getOrPut,
  given,
  list,
  Misuse,
  post,
  query,
  type Read,
  type Request,
  type Row,
  readJson,
  tenantPath,
} from './request.ts';

const invoiceColumns = 'id number month state totalCents dueCents leftToPayCents dueAt'.split(' ');
const lineColumns = ['no', 'description', 'calls', 'amountCents'];

export const billingCommands: Command[] = [
  {
    usage: 'usage <tenant> [--from <day>] [--to <day>] [--by day|month|assistant|component]',
    about: 'calls, seconds and what they cost; of this month',
    ask: ([tenant = ''], flags) => {
      const path = `${tenantPath(tenant, 'usage')}${query(given(flags, 'from', 'to', 'by'))}`;
      return list(path, 'rows', ['key', 'calls', 'seconds', 'costMicros']);
    },
  },
  {
    usage: 'reconcile --from <time> --to <time> [--tenant <tenant>]',
    about: 'compares the ledger with Vapi',
    ask: (_words, flags) => post('/v1/reconcile', given(flags, 'from', 'to', 'tenant')),
  },
  {
    usage: 'calls <tenant> [--from <time>] [--to <time>] [--status <status>] [--prices]',
    about: 'newest first; --prices adds what the client pays',
    ask: ([tenant = ''], flags) => {
      const prices = flags.prices ? { prices: 'yes' } : {};
      const filters = query({ limit: 200, ...given(flags, 'from', 'to', 'status'), ...prices });
      const columns = 'id createdAt type status seconds costMicros priceMicros endedReason'.split(' ');
      return list(`${tenantPath(tenant, 'calls')}${filters}`, 'calls', columns);
    },
  },
  {
    usage: 'calls show <tenant> <call id>',
    about: 'one call, with its cost by component',
    ask: ([tenant = '', id = '']) => get(tenantPath(tenant, 'calls', id)),
  },
  {
    usage: 'calls dismiss <tenant> <call id>',
    about: 'a call that Vapi never had counts for nothing',
    ask: ([tenant = '', id = '']) => post(tenantPath(tenant, 'calls', id, 'dismiss')),
  },
  {
    usage: 'seller [<file.json>]',
    about: 'who issues the invoices',
    ask: ([file]) => getOrPut('/v1/billing/seller', file),
  },
  {
    usage: 'billing <tenant> [<file.json>]',
    about: 'whom they are made out to, and how they are collected',
    ask: ([tenant = '', file]) => getOrPut(tenantPath(tenant, 'billing'), file),
  },
  {
    usage: 'presets',
    about: 'plans to start from',
    ask: () => list('/v1/billing/presets', 'presets', ['name', 'description']),
  },
  {
    usage: 'plan <tenant>',
    about: 'today’s plan and every version',
    ask: ([tenant = '']) => get(tenantPath(tenant, 'plan')),
  },
  {
    usage: 'plan <tenant> set <preset or file.json> [--from <day>] [--backdate]',
    about: '--backdate: also months before its first call, or long past',
    ask: ([tenant = '', plan = ''], flags) => setPlan(tenant, planOf(plan), flags),
  },
  {
    usage: 'plan <tenant> end [--from <day>] [--backdate]',
    about: 'bills nothing from that day',
    ask: ([tenant = ''], flags) => setPlan(tenant, null, flags),
  },
  {
    usage: 'simulate <tenant> <month> <preset or file.json>',
    about: 'what a past month would have cost under that plan',
    ask: ([tenant = '', month, plan = '']) =>
      post(tenantPath(tenant, 'simulate'), { month, plan: planOf(plan) }),
  },
  {
    usage: 'credits <tenant>',
    about: 'prepaid credit',
    ask: ([tenant = '']) => {
      const columns = ['at', 'kind', 'amountCents', 'invoiceId', 'note'];
      return list(tenantPath(tenant, 'credits'), 'entries', columns);
    },
  },
  {
    usage: 'credits <tenant> add --amount <amount> [--note <text>] [--reference <of the payment>]',
    about: 'books a payment',
    ask: ([tenant = ''], flags, read) => bookCredit(tenant, 1, flags, read),
  },
  {
    usage: 'credits <tenant> take-back --amount <amount> --note <reason> [--reference <of your own>]',
    about: 'corrects a payment that was booked',
    ask: ([tenant = ''], flags, read) => bookCredit(tenant, -1, flags, read),
  },
  {
    usage:
      'invoices [--month <month>] [--status draft|finalized|pushed|paid|overdue|void] [--state <the same>|credited]',
    about: 'of all tenants',
    ask: (_words, flags) => {
      const path = `/v1/billing/invoices${query(given(flags, 'month', 'status', 'state'))}`;
      return list(path, 'invoices', ['tenant', ...invoiceColumns]);
    },
  },
  {
    usage: 'invoices <tenant>',
    about: 'of one tenant',
    ask: ([tenant = '']) => list(tenantPath(tenant, 'invoices'), 'invoices', invoiceColumns),
  },
  {
    usage: 'invoices draft <tenant> <month>',
    about: 'makes the month’s draft, or calculates it again',
    ask: ([tenant = '', period]) => withLines(post(tenantPath(tenant, 'invoices'), { period })),
  },
  {
    usage: 'invoices show <tenant> <invoice>',
    about: 'one invoice, by its id or number, with its lines',
    ask: ([tenant = '', id = '']) => withLines(get(tenantPath(tenant, 'invoices', id))),
  },
  {
    usage: 'invoices calls <tenant> <invoice> <line>',
    about: 'the calls of one line',
    ask: ([tenant = '', id = '', line = '']) => {
      const columns = ['callId', 'correction', 'seconds', 'billedSeconds', 'priceMicros', 'costMicros'];
      return list(tenantPath(tenant, 'invoices', id, 'lines', line, 'calls'), 'calls', columns);
    },
  },
  {
    usage: 'invoices finalize|push|paid <tenant> <invoice>',
    about: 'numbers it; hands it to Stripe; books that it was paid',
    ask: ([verb = '', tenant = '', id = '']) => withLines(post(tenantPath(tenant, 'invoices', id, verb))),
  },
  {
    usage: 'invoices void <tenant> <invoice> [<reason…>]',
    about: 'makes it void',
    ask: ([tenant = '', id = '', reason]) =>
      withLines(post(tenantPath(tenant, 'invoices', id, 'void'), reason ? { reason } : undefined)),
  },
  {
    usage:
      'invoices credit|credit-note <tenant> <invoice> <reason…> [--line <no>=<amount>] [--reference <of your own>]',
    about: 'takes back what is left of it, or a part: --line 2=5.00, once for each line',
    ask: async ([, tenant = '', id = '', reason], flags, read) => {
      const path = tenantPath(tenant, 'invoices', id);
      const lines = flags.line && partsOf(flags.line, await read(get(path)));
      const body = { reason, ...(lines && { lines }), ...given(flags, 'reference') };
      return withLines(post(`${path}/credit-notes`, body));
    },
  },
  {
    usage: 'preview <tenant>',
    about: 'this month so far, and at this pace',
    ask: ([tenant = '']) => withLines(get(tenantPath(tenant, 'preview'))),
  },
  {
    usage: 'close [--month <month>] [--tenant <tenant>] [--dry-run] [--grace-hours <n>]',
    about: 'bills every month that is over',
    ask: (_words, flags) => ({
      ...post('/v1/billing/close', {
        dryRun: flags['dry-run'] ?? false,
        ...given(flags, 'month', 'tenant'),
        ...(flags['grace-hours'] ? { graceHours: digits(flags['grace-hours']) } : {}),
      }),
      list: 'entries',
      columns: 'tenant month outcome number totalCents openCalls problem notCompared'.split(' '),
    }),
  },
  {
    usage: 'runs',
    about: 'what closing months has done',
    ask: () =>
      list('/v1/billing/runs', 'runs', ['startedAt', 'finishedAt', 'month', 'dryRun', 'needsPerson']),
  },
  {
    usage: 'notices',
    about: 'what the operator was notified of: budgets, refused pages, unpaid invoices',
    ask: () => list('/v1/notices', 'notices', ['at', 'tenant', 'title', 'text', 'pending']),
  },
  {
    usage: 'margin <month>',
    about: 'revenue less cost, by tenant',
    ask: ([month = '']) => {
      const columns = ['tenant', 'billed', 'calls', 'costCents', 'revenueCents', 'marginCents'];
      return list(`/v1/billing/margin${query({ month })}`, 'rows', columns);
    },
  },
];

const withLines = (request: Request): Request => ({ ...request, columns: lineColumns });

function setPlan(tenant: string, plan: object | null, flags: Flags): Request {
  const body = { plan, ...given(flags, 'from', 'backdate') };
  return { method: 'PUT', path: tenantPath(tenant, 'plan'), body };
}

async function bookCredit(tenant: string, sign: 1 | -1, flags: Flags, read: Read): Promise<Request> {
  const path = tenantPath(tenant, 'credits');
  const amountCents = sign * centsOf(flags.amount ?? '', await read(get(path)));
  return post(path, { amountCents, ...given(flags, 'note', 'reference') });
}

/** @throws Misuse for anything but digits, such as `1e3` */
function digits(word: string): number {
  if (!/^\d+$/.test(word)) throw new Misuse(`${word} is not a whole number: use digits only, such as 48.`);
  return Number(word);
}

/**
 * @param text as people write it: `12.50`
 * @param answer of the API about the same tenant: it names the currency
 * @returns the currency's smallest units
 * @throws Misuse for anything else, such as `1e3`, or `12.50` of a currency without decimals
 */
function centsOf(text: string, answer: Row): number {
  const currency = String(answer.currency);
  const decimals = minorDigits(currency);
  const cents = toUnits(text, decimals);
  if (cents !== null) return cents;
  const example = fromUnits(12 * 10 ** decimals, decimals, decimals);
  throw new Misuse(`${text} is not an amount of ${currency.toUpperCase()}: write it such as ${example}.`);
}

/** `2=5.00`: of the second line. Not `2:`, which once stood before smallest units and must not be read as whole ones. */
function partsOf(texts: string[], invoice: Row): object[] {
  return texts.map((text) => {
    const [line = '', amount] = text.split('=');
    if (amount === undefined) throw new Misuse(`--line ${text} names no amount: write it such as 2=5.00.`);
    return { line: digits(line), amountCents: centsOf(amount, invoice) };
  });
}

/** A preset by its name, or a plan in a JSON file. */
function planOf(word: string): object {
  return planPresets.find(({ name }) => name === word)?.plan ?? readJson(word);
}
