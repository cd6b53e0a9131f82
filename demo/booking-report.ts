/** Reports each call in the terminal once it is in the ledger, with the tenant's month so far. */
import type { CostComponent } from '../server/contract.ts';
import type { CallRow } from '../server/store/calls.ts';
import type { OperatorApi } from './operator-api.ts';

const words: Record<CostComponent, string> = {
  transport: 'line',
  stt: 'speech to text',
  llm: 'model',
  tts: 'voice',
  vapi: 'Vapi',
  analysis: 'analysis',
  knowledgeBase: 'knowledge',
  other: 'other',
};

/**
 * Exact, without floating point: `$0.0797`, `$12.50`, `-$0.0001`.
 * @param micros integer millionths of a US dollar
 */
export function dollars(micros: number): string {
  const digits = String(Math.abs(micros)).padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${micros < 0 ? '-' : ''}$${digits.slice(0, -6)}.${fraction}`;
}

/** `1:05`, and with hours `1:00:05`. */
export function clockTime(seconds: number): string {
  const two = (count: number) => String(count).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export interface BookingReport {
  /** Must be called after a call's usage was committed. */
  booked(slug: string, row: CallRow): void;
  /** Resolves when everything that was booked has been reported. */
  settled(): Promise<void>;
}

/** @param print one line, without its end */
export function reportBookings(operator: OperatorApi, print: (line: string) => void): BookingReport {
  let last = Promise.resolve();
  return {
    booked(slug, row) {
      // A call that ended without a report is booked as "cost unknown"; it is reported when the report arrives.
      if (row.reportAsOf === null) return;
      last = last.then(() => tell(operator, slug, row, print)).catch(() => {});
    },
    settled: () => last,
  };
}

async function tell(
  operator: OperatorApi,
  slug: string,
  row: CallRow,
  print: (line: string) => void,
): Promise<void> {
  // Read from the ledger, not added up here: it shows what will be billed.
  const { total } = await operator.usage(slug);
  const length = row.seconds === null ? 'length unknown' : clockTime(row.seconds);
  const cost =
    row.costMicros === null ? 'cost not reported yet' : `${dollars(row.costMicros)} = ${partsOf(row)}`;
  const unknown = total.callsWithoutCost > 0 ? `, ${total.callsWithoutCost} without a cost` : '';
  print(`booked  ${slug}  ${length}  ${cost}`);
  print(
    `        ${slug} this month: ${total.calls} calls, ${clockTime(total.seconds)}, ${dollars(total.costMicros)}${unknown}`,
  );
}

function partsOf(row: CallRow): string {
  const parts = (Object.keys(words) as CostComponent[]).flatMap((component) => {
    const micros = row[`${component}Micros`];
    return micros ? [`${words[component]} ${dollars(micros)}`] : [];
  });
  return parts.length > 0 ? parts.join(' + ') : 'nothing to pay for';
}
