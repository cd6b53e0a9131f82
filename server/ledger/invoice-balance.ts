/** The remaining amount of an invoice, as one figure and one word. Pure. */
import type { InvoiceState } from '../contract.ts';
import type { SummaryRow } from '../store/invoice-lists.ts';

export interface Balance {
  state: InvoiceState;
  /** In the currency's smallest units. */
  leftToPayCents: number;
}

/** What every list, page, file and message says of an invoice: `credited` if credit notes cover all of it. */
export function balanceOf(
  row: Pick<SummaryRow, 'status' | 'dueCents' | 'creditedCents' | 'isCredited'>,
): Balance {
  const { status, dueCents, creditedCents, isCredited } = row;
  const isSettled = status === 'paid' || status === 'void';
  return {
    state: isCredited === 1 ? 'credited' : status,
    leftToPayCents: isSettled ? 0 : Math.max(0, dueCents - creditedCents),
  };
}
