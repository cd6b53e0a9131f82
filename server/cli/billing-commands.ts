/** Commands about usage, plans, invoices and the month's end. */
import { planPresets } from '../contract/plan-presets.ts';
import { type Command, get, given, list, query, readJson, tenantPath } from './request.ts';

export const billingCommands: Record<string, Command> = {
  usage: ([tenant], flags) => {
    if (!tenant) return null;
    const path = `${tenantPath(tenant)}/usage${query(flags, 'from', 'to', 'by')}`;
    return list(path, 'rows', ['key', 'calls', 'seconds', 'costMicros']);
  },
  reconcile: (_words, flags) => {
    if (!flags.from || !flags.to) return null;
    return { method: 'POST', path: '/v1/reconcile', body: given(flags, 'from', 'to', 'tenant') };
  },
  calls: ([verb, tenant, id]) => {
    if (verb !== 'dismiss' || !tenant || !id) return null;
    return { method: 'POST', path: `${tenantPath(tenant)}/calls/${encodeURIComponent(id)}/dismiss` };
  },
  seller: ([file]) => {
    const path = '/v1/billing/seller';
    return file ? { method: 'PUT', path, body: readJson(file) } : get(path);
  },
  billing: ([tenant, file]) => {
    if (!tenant) return null;
    const path = `${tenantPath(tenant)}/billing`;
    return file ? { method: 'PUT', path, body: readJson(file) } : get(path);
  },
  presets: () => list('/v1/billing/presets', 'presets', ['name', 'description']),
  plan: ([tenant, verb, plan], flags) => {
    if (!tenant) return null;
    const path = `${tenantPath(tenant)}/plan`;
    if (verb === undefined) return get(path);
    const when = given(flags, 'from', 'backdate');
    if (verb === 'end') return { method: 'PUT', path, body: { plan: null, ...when } };
    return verb === 'set' && plan ? { method: 'PUT', path, body: { plan: planOf(plan), ...when } } : null;
  },
  simulate: ([tenant, month, plan]) => {
    if (!tenant || !month || !plan) return null;
    return { method: 'POST', path: `${tenantPath(tenant)}/simulate`, body: { month, plan: planOf(plan) } };
  },
  credits: ([tenant, verb, cents], flags) => {
    if (!tenant) return null;
    const path = `${tenantPath(tenant)}/credits`;
    if (verb === undefined) return list(path, 'entries', ['at', 'kind', 'amountCents', 'invoiceId', 'note']);
    const sign = { add: 1, 'take-back': -1 }[verb];
    if (!sign || !cents) return null;
    const body = { amountCents: sign * digits(cents), ...given(flags, 'note', 'reference') };
    return { method: 'POST', path, body };
  },
  invoices: ([first, tenant, id, ...words], flags) => {
    const columns = [
      ...['id', 'number', 'month', 'state', 'currency', 'totalCents', 'dueCents', 'leftToPayCents', 'dueAt'],
    ];
    if (first === undefined) {
      const path = `/v1/billing/invoices${query(flags, 'month', 'status', 'state')}`;
      return list(path, 'invoices', ['tenant', ...columns]);
    }
    if (tenant === undefined) {
      return list(`${tenantPath(first)}/invoices`, 'invoices', columns);
    }
    if (!id) return null;
    const path = `${tenantPath(tenant)}/invoices`;
    if (first === 'draft') return { method: 'POST', path, body: { period: id } };
    const invoice = `${path}/${encodeURIComponent(id)}`;
    if (first === 'show') return get(invoice);
    const because = words.length > 0 ? { body: { reason: words.join(' ') } } : null;
    if (first === 'credit') {
      const body = { ...because?.body, ...given(flags, 'reference') };
      return because && { method: 'POST', path: `${invoice}/credit-notes`, body };
    }
    if (first === 'void') return { method: 'POST', path: `${invoice}/void`, ...because };
    return /^(finalize|push|paid)$/.test(first) ? { method: 'POST', path: `${invoice}/${first}` } : null;
  },
  preview: ([tenant]) => (tenant ? get(`${tenantPath(tenant)}/preview`) : null),
  close: (_words, flags) => ({
    method: 'POST',
    path: '/v1/billing/close',
    body: {
      dryRun: flags['dry-run'] ?? false,
      ...given(flags, 'month', 'tenant'),
      ...(flags['grace-hours'] ? { graceHours: digits(flags['grace-hours']) } : {}),
    },
    list: 'entries',
    columns: [
      ...['tenant', 'month', 'outcome', 'number', 'totalCents', 'currency', 'openCalls'],
      ...['problem', 'notCompared'],
    ],
  }),
  runs: () => list('/v1/billing/runs', 'runs', ['startedAt', 'finishedAt', 'month', 'dryRun', 'needsPerson']),
  notices: () => list('/v1/notices', 'notices', ['at', 'tenant', 'title', 'text', 'pending']),
  margin: ([month]) => {
    const columns = ['tenant', 'billed', 'currency', 'calls', 'costCents', 'revenueCents', 'marginCents'];
    return month ? list(`/v1/billing/margin?month=${encodeURIComponent(month)}`, 'rows', columns) : null;
  },
};

/** @throws Error for what is no plain number, such as `1e3` or `5.00`, which would be another amount than was meant */
function digits(word: string): number {
  if (!/^\d+$/.test(word)) throw new Error(`${word} is no whole number: use digits only, such as 5000.`);
  return Number(word);
}

/** A preset by its name, or a plan in a JSON file. */
function planOf(word: string): object {
  return planPresets.find(({ name }) => name === word)?.plan ?? readJson(word);
}
