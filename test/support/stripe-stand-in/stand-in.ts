/**
 * A local Stripe for the real `stripe` client: the requests that invoices need, over HTTP, with state, idempotency keys
 * as Stripe honours them, and the failures of a network. Not covered: subscriptions.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../listen.ts';
import { type Books, openBooks } from './books.ts';
import { parseForm } from './form.ts';
import { checkLengths, StripeRefusal } from './limits.ts';
import type { Parameters } from './parameters.ts';
import { createCheck } from './schemas.ts';

/**
 * `cut`: the work is done, but the answer never arrives completely, as when the caller dies meanwhile. `unavailable`:
 * nothing has begun. `failed` and `doubtful`: a 500, stored under the key, without and with the work done. `limited`:
 * too many requests. `unsearchable`: the account does not have the requested feature.
 */
export type Fault = 'cut' | 'unavailable' | 'limited' | 'unsearchable' | 'failed' | 'doubtful' | null;

export interface StripeStandIn {
  url: string;
  books: Books;
  /** `POST /v1/invoices`, …: all requests, in order. */
  requests: string[];
  /** Decides for each request what goes wrong with it; default nothing. The request waits until it has decided. */
  fault: (request: string, count: number) => Fault | Promise<Fault>;
  /** As Stripe does after a day. */
  forgetKeys(): void;
  close(): Promise<void>;
}

export interface StandInOptions {
  secretKey: string;
  now?: () => number;
}

// biome-ignore lint/suspicious/noExplicitAny: checked against Stripe's types by the route
type Handler = (books: Books, id: string, parameters: any) => object;
type Route = [method: string, path: RegExp, check: keyof Parameters | null, handle: Handler];

const listOf = (data: object[], limit = '10', after?: string) => {
  const ids = data.map((entry) => (entry as { id: string }).id);
  const from = after ? ids.indexOf(after) + 1 : 0;
  const page = data.slice(from, from + Number(limit));
  return { object: 'list', data: page, has_more: from + page.length < data.length, url: '/v1' };
};

const routes: Route[] = [
  [
    'POST',
    /^\/v1\/customers$/,
    'customerCreate',
    (books, _id, parameters) => books.createCustomer(parameters),
  ],
  [
    'POST',
    /^\/v1\/customers\/(\w+)$/,
    'customerUpdate',
    (books, id, parameters) => books.updateCustomer(id, parameters),
  ],
  [
    'GET',
    /^\/v1\/customers$/,
    'customerList',
    (books, _id, { limit, starting_after }) => listOf(books.listCustomers(), limit, starting_after),
  ],
  [
    'GET',
    /^\/v1\/invoice_payments$/,
    'invoicePaymentList',
    (books, _id, { payment, limit, starting_after }) => {
      const found = books.invoices.flatMap(({ id, intents }) =>
        intents
          .filter((intent) => intent.id === payment?.payment_intent)
          .map((intent) => ({ id: `inpay_${intent.id}`, object: 'invoice_payment', invoice: id, payment })),
      );
      return listOf(found, limit, starting_after);
    },
  ],
  [
    'GET',
    /^\/v1\/customers\/search$/,
    'customerSearch',
    (books, _id, { query }) => ({
      object: 'search_result',
      data: books.searchCustomers(query),
      has_more: false,
    }),
  ],
  [
    'POST',
    /^\/v1\/customers\/(\w+)\/balance_transactions$/,
    'balanceCreate',
    (books, id, parameters) => books.credit(id, parameters),
  ],
  [
    'GET',
    /^\/v1\/customers\/(\w+)\/balance_transactions$/,
    'balanceList',
    (books, id, { limit, starting_after }) => {
      books.customer(id, 404);
      const found = books.balance.filter(({ customer }) => customer === id);
      return listOf(found, limit, starting_after);
    },
  ],
  ['POST', /^\/v1\/invoices$/, 'invoiceCreate', (books, _id, parameters) => books.createInvoice(parameters)],
  [
    'GET',
    /^\/v1\/invoices$/,
    'invoiceList',
    (books, _id, { customer, limit, starting_after }) =>
      listOf(books.listInvoices(customer), limit, starting_after),
  ],
  ['DELETE', /^\/v1\/invoices\/(\w+)$/, null, (books, id) => books.delete(id)],
  [
    'GET',
    /^\/v1\/invoices\/(\w+)$/,
    'invoiceRetrieve',
    (books, id, { expand = [] }) => {
      const { intents, ...invoice } = books.invoice(id);
      const path = (expand as string[]).find((name) => name.startsWith('payments'));
      if (!path) return invoice;
      const whole = path === 'payments.data.payment.payment_intent';
      const payments = intents.map((intent) => ({
        ...{ id: `inpay_${intent.id}`, object: 'invoice_payment', is_default: true, status: 'open' },
        payment: { type: 'payment_intent', payment_intent: whole ? intent : intent.id },
      }));
      return { ...invoice, payments: listOf(payments) };
    },
  ],
  [
    'GET',
    /^\/v1\/invoices\/(\w+)\/lines$/,
    'invoiceLines',
    (books, id, { limit, starting_after }) => listOf(books.lines.get(id) ?? [], limit, starting_after),
  ],
  [
    'POST',
    /^\/v1\/invoices\/(\w+)\/add_lines$/,
    'invoiceAddLines',
    (books, id, given) => books.addLines(id, given),
  ],
  [
    'POST',
    /^\/v1\/invoices\/(\w+)\/finalize$/,
    'invoiceFinalize',
    (books, id, given) => books.finalize(id, given),
  ],
  [
    'POST',
    /^\/v1\/credit_notes$/,
    'creditNoteCreate',
    (books, _id, parameters) => books.createCreditNote(parameters),
  ],
  [
    'GET',
    /^\/v1\/credit_notes$/,
    'creditNoteList',
    (books, _id, { invoice, limit, starting_after }) => {
      const found = books.creditNotes.filter((note) => !invoice || note.invoice === invoice);
      return listOf(found, limit, starting_after);
    },
  ],
  ['POST', /^\/v1\/credit_notes\/(\w+)\/void$/, 'creditNoteVoid', (books, id) => books.voidCreditNote(id)],
  ['POST', /^\/v1\/invoices\/(\w+)\/pay$/, 'invoicePay', (books, id, given) => books.pay(id, given)],
  ['POST', /^\/v1\/invoices\/(\w+)\/send$/, 'invoiceSend', (books, id) => books.send(id)],
  ['POST', /^\/v1\/invoices\/(\w+)\/void$/, null, (books, id) => books.void(id)],
];

interface Answer {
  status: number;
  body: string;
  /** Refused for the form of its parameters. */
  unbegun?: boolean;
}

export async function startStripeStandIn(options: StandInOptions): Promise<StripeStandIn> {
  const check = createCheck();
  const books = openBooks(options.now ?? Date.now);
  const inFlight = new Set<string>();
  const keys = new Map<string, Answer & { request: string }>();
  const standIn: StripeStandIn = {
    url: '',
    books,
    requests: [],
    fault: () => null,
    forgetKeys: () => keys.clear(),
    close: async () => {},
  };

  function answer(method: string, url: URL, body: string): Answer {
    const found = routes.find(([its, path]) => its === method && path.test(url.pathname));
    if (!found)
      return refusal(new StripeRefusal(404, `Unrecognized request URL (${method}: ${url.pathname})`));
    const [, path, schema, handle] = found;
    const parameters = parseForm(method === 'GET' ? url.search.slice(1) : body);
    const problem = schema && check(schema, parameters);
    if (problem) return { ...refusal(new StripeRefusal(400, problem.message, problem.param)), unbegun: true };
    try {
      checkLengths(parameters);
      const id = path.exec(url.pathname)?.[1] ?? '';
      return { status: 200, body: JSON.stringify(handle(books, id, parameters)) };
    } catch (error) {
      if (error instanceof StripeRefusal) return refusal(error);
      throw error;
    }
  }

  /**
   * The first answer to a key is repeated for it, even a refusal or a 500; the same key with other parameters is an
   * error. A request that has not begun, because its parameters are malformed, is not stored.
   */
  function answerOnce(
    key: string | undefined,
    method: string,
    url: URL,
    body: string,
    fault: Fault,
  ): Answer & { repeated?: boolean } {
    if (key === undefined || method === 'GET') return answer(method, url, body);
    const request = `${method} ${url.pathname} ${body}`;
    const first = keys.get(key);
    if (first && first.request !== request) {
      const message = `Keys for idempotent requests can only be used with the same parameters (${key})`;
      return refusal(new StripeRefusal(400, message, undefined, 'idempotency_error'));
    }
    if (first) return { ...first, repeated: true };
    const done = fault === 'failed' ? null : answer(method, url, body);
    const broken = fault === 'failed' || fault === 'doubtful';
    const made = done && !broken ? done : refusal(new StripeRefusal(500, 'oops', undefined, 'api_error'));
    if (!made.unbegun) keys.set(key, { ...made, request });
    return made;
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of req) body += chunk;
    const url = new URL(req.url ?? '/', 'http://stripe.test');
    const { method = 'GET' } = req;
    if (req.headers.authorization !== `Bearer ${options.secretKey}`) {
      send(res, refusal(new StripeRefusal(401, 'Invalid API Key provided')));
      return;
    }
    standIn.requests.push(`${method} ${url.pathname}`);
    const key = req.headers['idempotency-key'];
    const held = typeof key === 'string' && method !== 'GET' ? key : null;
    if (held !== null && inFlight.has(held)) {
      const message = `There is currently another in-progress request using this key (${held})`;
      send(res, refusal(new StripeRefusal(409, message, undefined, 'idempotency_error')));
      return;
    }
    if (held !== null) inFlight.add(held);
    const fault = await Promise.resolve(
      standIn.fault(`${method} ${url.pathname}`, standIn.requests.length),
    ).finally(() => {
      if (held !== null) inFlight.delete(held);
    });
    if (fault === 'unavailable') {
      res.setHeader('Stripe-Should-Retry', 'false');
      send(res, refusal(new StripeRefusal(503, 'Try again later', undefined, 'api_error')));
      return;
    }
    if (fault === 'limited') {
      const message = 'Request rate limit exceeded';
      send(res, refusal(new StripeRefusal(429, message, undefined, 'invalid_request_error', 'rate_limit')));
      return;
    }
    if (fault === 'unsearchable') {
      send(res, refusal(new StripeRefusal(400, 'Search is not available for this account.')));
      return;
    }
    const made = answerOnce(typeof key === 'string' ? key : undefined, method, url, body, fault);
    if (made.repeated) res.setHeader('Idempotent-Replayed', 'true');
    if (made.status >= 500) res.setHeader('Stripe-Should-Retry', 'false');
    if (fault === 'cut') {
      res.writeHead(made.status, {
        'Content-Type': 'application/json',
        'Content-Length': made.body.length + 100,
      });
      res.write(made.body.slice(0, 10), () => res.destroy());
      return;
    }
    send(res, made);
  }

  const server = createServer((req, res) => {
    serve(req, res).catch((error: unknown) => {
      send(res, refusal(new StripeRefusal(500, String(error), undefined, 'api_error')));
    });
  });
  const { url, close } = await listen(server);
  return Object.assign(standIn, { url, close });
}

function refusal({ status, type, message, param, code }: StripeRefusal): Answer {
  return { status, body: JSON.stringify({ error: { type, message, param, code } }) };
}

function send(res: ServerResponse, { status, body }: Answer): void {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
}
