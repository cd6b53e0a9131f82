/** What concerns the server as a whole: database, clock, address, mail and Stripe. */
import type { AccessContext } from '../access/access-context.ts';
import { checkMail } from '../access/notices/mail.ts';
import { outsideOf } from '../base/outside.ts';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { proveWritable } from '../store/leases.ts';
import { probeVapi } from '../vapi/probe.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { addressFinding } from './address.ts';
import { type Check, fail, pass, skipped, vapiFailed } from './check.ts';
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

/** Nodemailer's code (`EAUTH`, `ECONNECTION`); its message may quote what the server said. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,30}$/.test(code) ? ` (${code})` : '';
}
