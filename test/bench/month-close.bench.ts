/**
 * A month's close of clients that pay through Stripe, which answers each request after 100 ms: clients a second, and what
 * ten thousand would take at that pace. SQLite, one process, `CLOSE_PARALLEL` as by default. `BENCH_TENANTS` changes the
 * size (default 200), `BENCH_STRIPE_MS` the delay.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { closeMonths } from '../../server/billing/clerk/close-job.ts';
import { closeRequestSchema } from '../../server/contract.ts';
import { simplePlan, startBillingStage } from '../server/billing/stage.ts';
import { startStripeStandIn } from '../support/stripe-stand-in/stand-in.ts';

const clients = Number(process.env.BENCH_TENANTS ?? 200);
const delayMs = Number(process.env.BENCH_STRIPE_MS ?? 100);
const goalMinutes = 30;
const secretKey = 'sk_test_onlyForThisBench';

const now = Date.parse('2026-12-03T12:00:00Z');
const stripe = await startStripeStandIn({ secretKey, now: () => now });
const stage = await startBillingStage({
  now,
  config: { stripeApiUrl: stripe.url, logLevel: 'silent' },
  secrets: { stripe: { secretKey, webhookSecret: null } },
});
let minutes = Infinity;
try {
  for (let index = 0; index < clients; index += 1) {
    const slug = `c${String(index).padStart(5, '0')}`;
    await stage.addTenant(slug, simplePlan, '2026-11-01');
    const account = { buyer: { name: slug, email: `${slug}@example.com` }, collection: 'send' };
    await stage.server.operator('PUT', `/v1/tenants/${slug}/billing`, account);
    await stage.book(slug, { id: slug, at: '2026-11-05T00:00:00Z', seconds: 60 });
  }
  let inFlight = 0;
  let most = 0;
  stripe.fault = async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await pause(delayMs);
    inFlight -= 1;
    return null;
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const report = await closeMonths(stage.server.ctx, closeRequestSchema.parse({}), 'bench');
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const pushed = report.entries.filter(({ outcome }) => outcome === 'pushed').length;
  if (pushed !== clients) throw new Error(`${pushed} of ${clients} invoices are at Stripe`);
  minutes = ((seconds / clients) * 10_000) / 60;
  const rows: [string, string][] = [
    ['clients, at a time', `${clients}, ${stage.server.ctx.config.closeParallel}`],
    ['requests to Stripe a client', (stripe.requests.length / clients).toFixed(1)],
    ['at Stripe at once, at most', String(most)],
    ['closed', `${seconds.toFixed(1)} s`],
    ['clients a second', (clients / seconds).toFixed(2)],
    ['CPU a client, with the stand-ins', `${((user + system) / 1000 / clients).toFixed(0)} ms`],
    ['10,000 clients, extrapolated', `${minutes.toFixed(1)} min (goal ${goalMinutes})`],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(34)} ${value}\n`);
} finally {
  await stage.close();
  await stripe.close();
}
if (minutes > goalMinutes) process.exitCode = 1;
