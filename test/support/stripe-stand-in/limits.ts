/** What Stripe refuses, whatever is in its books. */

export class StripeRefusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | undefined;
  readonly code: string | undefined;
  constructor(
    status: number,
    message: string,
    param?: string,
    type = 'invalid_request_error',
    code?: string,
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }
}

/** The minimum charge, in the smallest units. */
const least: Record<string, number> = { eur: 50, usd: 50, gbp: 30, jpy: 50, chf: 50, huf: 17_500 };
const most = 99_999_999;

export const isTooSmall = (cents: number, currency: string) => cents > 0 && cents < (least[currency] ?? 0);

export function checkMost(cents: number): void {
  if (cents <= most) return;
  const message = 'Amount must be no more than 999,999.99';
  throw new StripeRefusal(400, message, 'amount', 'invalid_request_error', 'amount_too_large');
}

/** By the name of the parameter; `value` is of metadata and of custom fields. */
const longest: Record<string, number> = {
  ...{ name: 256, email: 512, line1: 500, line2: 500, number: 26, description: 500, memo: 500 },
};

export function checkLengths(parameters: unknown, path: string[] = []): void {
  if (typeof parameters === 'string') {
    const name = path.at(-1) ?? '';
    const inMetadata = path.includes('metadata');
    const inField = path.includes('custom_fields');
    const limit = inMetadata ? 500 : inField ? (name === 'name' ? 40 : 140) : longest[name];
    if (inMetadata && name.length > 40) throw tooLong(path, 40);
    if (limit !== undefined && parameters.length > limit) throw tooLong(path, limit);
    return;
  }
  if (typeof parameters !== 'object' || parameters === null) return;
  for (const [name, value] of Object.entries(parameters)) checkLengths(value, [...path, name]);
}

function tooLong([first = '', ...rest]: string[], limit: number): StripeRefusal {
  const param = `${first}${rest.map((part) => `[${part}]`).join('')}`;
  const message = `Invalid string: must be at most ${limit} characters`;
  return new StripeRefusal(400, message, param);
}
