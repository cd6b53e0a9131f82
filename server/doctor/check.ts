/** One row of the doctor: how it is run, and what happens if it cannot be. */
import type { Context } from '../context.ts';
import type { DoctorRow } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { VapiError } from '../vapi/vapi-api.ts';

export type Finding = Omit<DoctorRow, 'id' | 'title'>;

export interface Check {
  id: string;
  title: string;
  run(): Promise<Finding>;
}

/** A row that has not answered by then has failed; each of its requests has a shorter limit. */
const rowLimitMs = 20_000;

export const pass = (detail: string): Finding => ({ outcome: 'pass', detail });
export const warn = (detail: string, fix: string): Finding => ({ outcome: 'warn', detail, fix });
export const fail = (detail: string, fix: string): Finding => ({ outcome: 'fail', detail, fix });
export const skipped = (detail: string): Finding => ({ outcome: 'skipped', detail });

/**
 * All at once; none prevents another from being reported.
 * @param limitMs milliseconds for each of them
 */
export function runChecks(
  ctx: Pick<Context, 'log'>,
  checks: Check[],
  limitMs = rowLimitMs,
): Promise<DoctorRow[]> {
  return Promise.all(
    checks.map(async ({ id, title, run }) => ({ id, title, ...(await findingOf(ctx, id, run, limitMs)) })),
  );
}

async function findingOf(
  ctx: Pick<Context, 'log'>,
  id: string,
  run: Check['run'],
  limitMs: number,
): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const finding = fail(
      `It did not answer within ${limitMs / 1000} s.`,
      'Run the check again; if it fails again, find out what is slow between this server and the other side.',
    );
    timer = setTimeout(() => resolve(finding), limitMs);
  });
  try {
    return await Promise.race([late, run()]);
  } catch (error) {
    return failureOf(ctx, id, error);
  } finally {
    clearTimeout(timer);
  }
}

/** What an error says to an operator; the rest is for the log. */
export function failureOf(ctx: Pick<Context, 'log'>, id: string, error: unknown): Finding {
  if (error instanceof VapiError) return vapiFailed(error);
  if (error instanceof ApiError) {
    if (error.cause instanceof VapiError) return vapiFailed(error.cause);
    const named = (error.options.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
    return fail(
      `${[error.message, ...named].join('. ')}.`,
      'Correct that in the settings, then run the check again.',
    );
  }
  ctx.log.error({ err: error, row: id }, 'a row of the doctor failed');
  return fail('Something went wrong on our side.', 'The server’s log has the reason.');
}

/** Vapi's own words may quote an assistant with its secrets, so only the status is shown. */
export function vapiFailed({ status }: VapiError): Finding {
  if (status === 401 || status === 403) {
    return fail(
      `Vapi refused the key (status ${status}).`,
      'Enter the organization’s private key, from “API Keys” in Vapi’s dashboard, in the client’s settings.',
    );
  }
  const detail = status === null ? 'Vapi did not answer.' : `Vapi answered with status ${status}.`;
  return fail(
    detail,
    'Check status.vapi.ai, and that this server may connect to the host of VAPI_BASE_URL; then run the check again.',
  );
}
