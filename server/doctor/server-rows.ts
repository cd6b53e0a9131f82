/** What concerns the server as a whole: database, clock, address, mail and Stripe. */
import type { AccessContext } from '../access/access-context.ts';
import { checkMail } from '../access/notices/mail.ts';
import { outsideOf } from '../base/outside.ts';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { proveWritable } from '../store/leases.ts';
import { countSweeps } from '../store/sweeps.ts';
import { probeVapi } from '../vapi/probe.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { addressFinding } from './address.ts';
import { type Check, type Finding, fail, pass, skipped, vapiFailed, warn } from './check.ts';
import { clockRow } from './clock-row.ts';
import { stripeRows } from './stripe-rows.ts';

export function serverRows(ctx: AccessContext & BillingContext): Check[] {
  const { vapiBaseUrl } = ctx.config;
  let probing: Promise<VapiError | null> | undefined;
  const probe = () => {
    probing ??= probeVapi(vapiBaseUrl, ctx.vapiClock.look).then(
      () => null,
      (error: unknown) => {
        if (error instanceof VapiError) return error;
        throw error;
      },
    );
    return probing;
  };
  return [
    {
      id: 'database',
      title: 'Database',
      async run() {
        try {
          await proveWritable(ctx.store, ctx.now());
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          return fail(
            'It does not accept writes.',
            'Check that it is running, that its disk is not full, and that DATABASE_URL is right.',
          );
        }
        return pass(`${ctx.config.database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'} accepts writes.`);
      },
    },
    {
      id: 'vapi',
      title: 'Vapi',
      async run() {
        const failure = await probe();
        return failure ? vapiFailed(failure) : pass(`${new URL(vapiBaseUrl).host} answers.`);
      },
    },
    clockRow(ctx, async () => (await probe()) === null),
    { id: 'sweeps', title: 'Comparison with Vapi', run: () => sweepsFinding(ctx) },
    {
      id: 'public-address',
      title: 'Public address',
      run: () => addressFinding(ctx.config.publicUrl, outsideOf(ctx.config)),
    },
    {
      id: 'mail',
      title: 'E-mail',
      async run() {
        if (!ctx.smtp) return skipped('SMTP_URL is not set: notices and sign-in links are not mailed.');
        try {
          await checkMail(ctx.smtp);
        } catch (error) {
          ctx.log.warn({ reason: (error as { code?: string }).code }, 'the mail server was not reached');
          return fail(
            `The mail server refuses this server${reasonOf(error)}.`,
            'Check host, port, user and password in SMTP_URL.',
          );
        }
        return pass('The mail server accepts this server. No mail was sent.');
      },
    },
    ...stripeRows(ctx),
  ];
}

/** Sweeps are a few minutes apart, so that a short wait means nothing. */
const mostLagMs = 10 * 60_000;

async function sweepsFinding(ctx: AccessContext): Promise<Finding> {
  const { overdue, lagMs, failing } = await countSweeps(ctx.store, ctx.now());
  if (lagMs > mostLagMs)
    return warn(
      `${overdue} organizations wait to be compared with Vapi, the first for ${Math.round(lagMs / 60_000)} min.`,
      'Raise SWEEPS_AT_ONCE, or run another process.',
    );
  if (failing > 0)
    return warn(
      `${failing} organizations could not be compared with Vapi; they are tried again within an hour.`,
      'Run the check of the clients whose organizations the log names: “org could not be swept”.',
    );
  return pass('No organization waits to be compared with Vapi.');
}

/** Nodemailer's code (`EAUTH`, `ECONNECTION`); its message may quote what the server said. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,30}$/.test(code) ? ` (${code})` : '';
}
