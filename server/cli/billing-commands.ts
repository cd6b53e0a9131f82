/** Commands about usage, calls, plans, invoices and the end of a month. */
import { fromUnits, minorDigits, toUnits } from '../base/currency.ts';
import { planPresets } from '../contract/plan-presets.ts';
import {
  type Command,
  command,
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
const runColumns = ['id', 'startedAt', 'state', 'finishedAt', 'month', 'dryRun', 'needsPerson'];
const closeEntries: Partial<Request> = {
  list: 'entries',
  columns: 'tenant month outcome number totalCents openCalls problem notCompared'.split(' '),
};
const lineColumns = ['no', 'description', 'calls', 'amountCents'];

export const billingCommands: Command[] = [
  command(
    'usage <tenant> [--from <day>] [--to <day>] [--by day|month|assistant|component]',
    'calls, seconds and cost; by default this month',
    ([tenant = ''], flags) => {
      const path = `${tenantPath(tenant, 'usage')}${query(given(flags, 'from', 'to', 'by'))}`;
      return list(path, 'rows', ['key', 'calls', 'seconds', 'costMicros']);
    },
  ),
  command(
    'reconcile --from <time> --to <time> [--tenant <tenant>]',
    'compares the ledger with Vapi',
    (_words, flags) => post('/v1/reconcile', given(flags, 'from', 'to', 'tenant')),
  ),
  command(
    'calls <tenant> [--from <time>] [--to <time>] [--status <status>] [--prices]',
    'newest first; --prices adds what the client pays',
    ([tenant = ''], flags) => {
      const prices = flags.prices ? { prices: 'yes' } : {};
      const filters = query({ limit: 200, ...given(flags, 'from', 'to', 'status'), ...prices });
      const columns = 'id createdAt type status seconds costMicros priceMicros endedReason'.split(' ');
      return list(`${tenantPath(tenant, 'calls')}${filters}`, 'calls', columns);
    },
  ),
  command('calls show <tenant> <call id>', 'one call, with its cost by component', ([tenant = '', id = '']) =>
    get(tenantPath(tenant, 'calls', id)),
  ),
  command(
    'calls dismiss <tenant> <call id>',
    'makes a call that Vapi never had worth nothing',
    ([tenant = '', id = '']) => post(tenantPath(tenant, 'calls', id, 'dismiss')),
  ),
  command('seller [<file.json>]', 'who issues the invoices', ([file]) =>
    getOrPut('/v1/billing/seller', file),
  ),
  command(
    'billing <tenant> [<file.json>]',
    'who the invoices are made out to, and how they are collected',
    ([tenant = '', file]) => getOrPut(tenantPath(tenant, 'billing'), file),
  ),
  command('presets', 'plans to start from', () =>
    list('/v1/billing/presets', 'presets', ['name', 'description']),
  ),
  command('plan <tenant>', 'today’s plan and every version', ([tenant = '']) =>
    get(tenantPath(tenant, 'plan')),
  ),
  command(
    'plan <tenant> set <preset or file.json> [--from <day>] [--backdate]',
    '--backdate: also months before its first call, or long past',
    ([tenant = '', plan = ''], flags) => setPlan(tenant, planOf(plan), flags),
  ),
  command(
    'plan <tenant> end [--from <day>] [--backdate]',
    'bills nothing from that day',
    ([tenant = ''], flags) => setPlan(tenant, null, flags),
  ),
  command(
    'simulate <tenant> <month> <preset or file.json>',
    'what a past month would have cost under that plan',
    ([tenant = '', month, plan = '']) => post(tenantPath(tenant, 'simulate'), { month, plan: planOf(plan) }),
  ),
  command('credits <tenant>', 'prepaid credit', ([tenant = '']) => {
    const columns = ['at', 'kind', 'amountCents', 'invoiceId', 'note'];
    return list(tenantPath(tenant, 'credits'), 'entries', columns);
  }),
  command(
    'credits <tenant> add --amount <amount> [--note <text>] [--reference <of the payment>]',
    'books a payment',
    ([tenant = ''], flags, read) => bookCredit(tenant, 1, flags, read),
  ),
  command(
    'credits <tenant> take-back --amount <amount> --note <reason> [--reference <of your own>]',
    'corrects a payment that was booked',
    ([tenant = ''], flags, read) => bookCredit(tenant, -1, flags, read),
  ),
  command('wallet <tenant>', 'what was paid before it is spent', ([tenant = '']) =>
    get(tenantPath(tenant, 'wallet')),
  ),
  command(
    'wallet <tenant> on|off [--credit-line <amount>] [--low-mark <amount>]',
    'off: holds and charges nothing; --low-mark once for each balance that sends a notice',
    ([tenant = '', state = ''], flags, read) => setWallet(tenant, state === 'on', flags, read),
  ),
  command('wallet <tenant> entries', 'what has moved its balance, newest first', ([tenant = '']) => {
    const columns = ['no', 'at', 'kind', 'amountMicros', 'balanceMicros', 'callId', 'note'];
    return list(`${tenantPath(tenant, 'wallet', 'entries')}${query({ limit: 200 })}`, 'entries', columns);
  }),
  command(
    'wallet <tenant> add|grant|refund|raise|lower --amount <amount> --reference <of the payment> [--expires <time>] [--note <reason>]',
    'books money received, credit that expires, money paid back; corrects one of these',
    ([tenant = '', verb = ''], flags, read) => bookInWallet(tenant, verb, flags, read),
  ),
  command(
    'invoices [--month <month>] [--status draft|finalized|pushed|paid|overdue|void] [--state <the same>|credited]',
    'of all tenants',
    (_words, flags) => {
      const path = `/v1/billing/invoices${query(given(flags, 'month', 'status', 'state'))}`;
      return list(path, 'invoices', ['tenant', ...invoiceColumns]);
    },
  ),
  command('invoices <tenant>', 'of one tenant', ([tenant = '']) =>
    list(tenantPath(tenant, 'invoices'), 'invoices', invoiceColumns),
  ),
  command(
    'invoices draft <tenant> <month>',
    'makes the month’s draft, or calculates it again',
    ([tenant = '', period]) => withLines(post(tenantPath(tenant, 'invoices'), { period })),
  ),
  command(
    'invoices show <tenant> <invoice>',
    'one invoice, by its id or number, with its lines',
    ([tenant = '', id = '']) => withLines(get(tenantPath(tenant, 'invoices', id))),
  ),
  command(
    'invoices calls <tenant> <invoice> <line>',
    'the calls of one line',
    ([tenant = '', id = '', line = '']) => {
      const columns = ['callId', 'correction', 'seconds', 'billedSeconds', 'priceMicros', 'costMicros'];
      return list(tenantPath(tenant, 'invoices', id, 'lines', line, 'calls'), 'calls', columns);
    },
  ),
  command(
    'invoices finalize|push|paid <tenant> <invoice>',
    'numbers it; hands it to Stripe; books that it was paid',
    ([verb = '', tenant = '', id = '']) => withLines(post(tenantPath(tenant, 'invoices', id, verb))),
  ),
  command('invoices void <tenant> <invoice> [<reason…>]', 'makes it void', ([tenant = '', id = '', reason]) =>
    withLines(post(tenantPath(tenant, 'invoices', id, 'void'), reason ? { reason } : undefined)),
  ),
  command(
    'invoices credit|credit-note <tenant> <invoice> <reason…> [--line <no>=<amount>] [--reference <of your own>]',
    'credits the rest of it, or a part: --line 2=5.00, once for each line',
    async ([, tenant = '', id = '', reason], flags, read) => {
      const path = tenantPath(tenant, 'invoices', id);
      const lines = flags.line && partsOf(flags.line, await read(get(path)));
      const body = { reason, ...(lines && { lines }), ...given(flags, 'reference') };
      return withLines(post(`${path}/credit-notes`, body));
    },
  ),
  command('preview <tenant>', 'this month so far, and at this pace', ([tenant = '']) =>
    withLines(get(tenantPath(tenant, 'preview'))),
  ),
  command(
    'close [--month <month>] [--tenant <tenant>] [--dry-run] [--grace-hours <n>] [--no-wait]',
    'bills every month that is over, and waits for it',
    (_words, flags) => ({
      follow: !flags['no-wait'],
      ...post('/v1/billing/close', {
        dryRun: flags['dry-run'] ?? false,
        ...given(flags, 'month', 'tenant'),
        ...(flags['grace-hours'] ? { graceHours: digits(flags['grace-hours']) } : {}),
      }),
      ...(flags['no-wait'] ? { tell: whereToFollow } : closeEntries),
    }),
  ),
  command('runs', 'what closing months has done', () => list('/v1/billing/runs', 'runs', runColumns)),
  command(
    'runs show|stop|resume <run>',
    'follows a close; stops it; continues it',
    ([verb = '', id = '']) => {
      const path = `/v1/billing/runs/${encodeURIComponent(id)}`;
      const request = verb === 'show' ? get(path) : post(`${path}/${verb}`);
      return { ...request, ...closeEntries, follow: verb !== 'stop' };
    },
  ),
  command('notices', 'what the operator was notified of: budgets, refused pages, unpaid invoices', () =>
    list('/v1/notices', 'notices', ['at', 'tenant', 'title', 'text', 'pending']),
  ),
  command('margin <month>', 'revenue less cost, by tenant', ([month = '']) => {
    const columns = ['tenant', 'billed', 'calls', 'costCents', 'revenueCents', 'marginCents'];
    return list(`/v1/billing/margin${query({ month })}`, 'rows', columns);
  }),
];

const whereToFollow = ({ id }: Row) => ({
  result: String(id),
  beside: `Follow it with: vapi-agent runs show ${id}`,
  exitCode: 0,
});

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

async function setWallet(tenant: string, on: boolean, flags: Flags, read: Read): Promise<Request> {
  // Its currency is that of the plans, which the preview names even before there is a wallet.
  const month = await read(get(tenantPath(tenant, 'preview')));
  const cents = (text: string) => centsOf(text, month);
  const body = {
    on,
    creditLineCents: cents(flags['credit-line'] ?? '0'),
    lowMarksCents: (flags['low-mark'] ?? []).map(cents),
  };
  return { method: 'PUT', path: tenantPath(tenant, 'wallet'), body };
}

const walletKinds: Record<string, string> = { add: 'top-up', raise: 'adjustment', lower: 'adjustment' };

async function bookInWallet(tenant: string, verb: string, flags: Flags, read: Read): Promise<Request> {
  const wallet = await read(get(tenantPath(tenant, 'wallet')));
  if (wallet.currency === null) throw new Misuse(`${tenant} has no wallet: wallet ${tenant} on`);
  const size = centsOf(flags.amount ?? '', wallet);
  return post(tenantPath(tenant, 'wallet', 'entries'), {
    kind: walletKinds[verb] ?? verb,
    amountCents: verb === 'lower' ? -size : size,
    currency: wallet.currency,
    ...given(flags, 'note', 'reference'),
    ...(flags.expires ? { expiresAt: flags.expires } : {}),
  });
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

/** `2=5.00`: of the second line. Not `2:`, the old form for smallest units, which must not be read as whole ones. */
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
