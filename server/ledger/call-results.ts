/**
 * What a call's reports say about its results, merged. Pure. Of each field the newest report that has it counts, whatever
 * order they arrive in, so that a late output changes the call and a late report does not.
 */
import type { KeptResults, OutputType, OutputValue } from '../contract.ts';

/** As one report has it; null = not reported. */
export interface ReportedResults {
  summary: string | null;
  evaluation: string | null;
  language: string | null;
  latency: { medianMs: number; p95Ms: number } | null;
  /** By the name of the structured output, or of the field of the structured data; nothing in it was checked. */
  outputs: Record<string, unknown> | null;
}

type Dated<Value> = readonly [asOf: number, value: Value];

/** What is said or extracted: sealed, and erased with the content. */
export interface ResultsContent {
  summary?: Dated<string>;
  evaluation?: Dated<string>;
  outputs: Record<string, Dated<OutputValue>>;
}
/** About the call, not about what was said. */
export interface ResultsMeasures {
  language?: Dated<string>;
  latency?: Dated<{ medianMs: number; p95Ms: number }>;
}
export interface Results {
  content: ResultsContent;
  measures: ResultsMeasures;
}

const longestText = 1000;
export const noResults = (): Results => ({ content: { outputs: {} }, measures: {} });

/** @param asOf the sender's time of the report, in epoch milliseconds */
export function mergeResults(
  before: Results,
  report: ReportedResults,
  asOf: number,
  keep: KeptResults,
): Results {
  const outputs = { ...before.content.outputs };
  // In words it can say as much as a summary.
  const isKept = keep.summary || isSuccess(report.evaluation ?? undefined) !== null;
  for (const { name, path, type } of keep.outputs) {
    const value = valueAt(report.outputs, path.split('.'), type);
    const newest = newer(Object.hasOwn(outputs, name) ? outputs[name] : undefined, value, asOf);
    if (newest) outputs[name] = newest;
  }
  return {
    content: {
      ...newest('summary', before.content.summary, keep.summary ? report.summary : null, asOf),
      ...newest('evaluation', before.content.evaluation, isKept ? report.evaluation : null, asOf),
      outputs,
    },
    measures: {
      ...newest('language', before.measures.language, report.language, asOf),
      ...newest('latency', before.measures.latency, report.latency, asOf),
    },
  };
}

function newest<Name extends string, Value>(
  name: Name,
  before: Dated<Value> | undefined,
  value: Value | null,
  asOf: number,
): { [Key in Name]?: Dated<Value> } {
  const found = newer(before, value, asOf);
  return (found ? { [name]: found } : {}) as { [Key in Name]?: Dated<Value> };
}

/** Of two reports of the same time the larger text counts, so that their order does not matter. */
function newer<Value>(
  before: Dated<Value> | undefined,
  value: Value | null,
  asOf: number,
): Dated<Value> | undefined {
  if (value === null) return before;
  if (!before || asOf > before[0]) return [asOf, value];
  const isTie = asOf === before[0] && JSON.stringify(value) > JSON.stringify(before[1]);
  return isTie ? [asOf, value] : before;
}

function valueAt(outputs: unknown, path: string[], type: OutputType): OutputValue | null {
  let found = outputs;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null;
    found = (found as Record<string, unknown>)[name];
  }
  if (type === 'boolean') return typeof found === 'boolean' ? found : null;
  if (type === 'number') return Number.isFinite(found) ? (found as number) : null;
  return typeof found === 'string' ? found.slice(0, longestText).toWellFormed().replaceAll('\0', '') : null;
}

/** Whether their values differ, whenever each was reported. */
export function haveSameValues(one: Results, other: Results): boolean {
  const values = ({ content, measures }: Results) =>
    JSON.stringify([
      content.summary?.[1],
      content.evaluation?.[1],
      Object.keys(content.outputs)
        .sort()
        .map((name) => [name, content.outputs[name]?.[1]]),
      measures.language?.[1],
      measures.latency?.[1],
    ]);
  return values(one) === values(other);
}

const passed = new Set(['true', 'pass', 'passed', 'yes', 'success', 'successful']);
const notPassed = new Set(['false', 'fail', 'failed', 'no', 'unsuccessful']);

/** A scale or a text is not guessed at. */
export function isSuccess(evaluation: string | undefined): boolean | null {
  const word = evaluation?.trim().toLowerCase() ?? '';
  return passed.has(word) ? true : notPassed.has(word) ? false : null;
}
