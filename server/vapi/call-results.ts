/** Vapi's analysis and measurements of a call, from webhooks and `GET /call`, as our results. */
import type { ReportedResults } from '../ledger/call-results.ts';

// Nothing here is parsed as a whole: a body may have megabytes of it, and only named fields are looked at.
const most = { summary: 4000, evaluation: 200, outputs: 200, turns: 5000 } as const;
/** A turn that took longer is not a latency. */
const longestTurnMs = 600_000;

/**
 * @param source a call object, or the message of an end-of-call report
 * @returns null when it has none of them
 */
export function readResults(source: Record<string, unknown>): ReportedResults | null {
  const analysis = fieldsOf(source.analysis);
  const artifact = fieldsOf(source.artifact);
  const metrics = fieldsOf(artifact.performanceMetrics);
  const transcriber = fieldsOf(fieldsOf(source.assistant).transcriber);
  const results = {
    summary: textOf(analysis.summary ?? source.summary, most.summary),
    evaluation: textOf(evaluationOf(analysis.successEvaluation), most.evaluation),
    language: languageOf(transcriber.language),
    latency: latencyOf(metrics.turnLatencies),
    outputs: outputsOf(fieldsOf(analysis.structuredData), fieldsOf(artifact.structuredOutputs)),
  };
  return Object.values(results).every((value) => value === null) ? null : results;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** Without zero bytes and half characters, which PostgreSQL and sealing refuse. */
function textOf(value: unknown, length: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .slice(0, length + 200)
    .toWellFormed()
    .replaceAll('\0', '')
    .trim();
  return text === '' ? null : text.slice(0, length).toWellFormed();
}

/** A text according to the documentation; some have sent a boolean or a number. */
function evaluationOf(value: unknown): unknown {
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : value;
}

function languageOf(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/.test(value) ? value : null;
}

/** Milliseconds, by the nearest rank. */
function latencyOf(turns: unknown): ReportedResults['latency'] {
  if (!Array.isArray(turns)) return null;
  const times = turns
    .slice(0, most.turns)
    .map((turn) => fieldsOf(turn).turnLatency)
    .filter((time): time is number => typeof time === 'number' && time >= 0 && time <= longestTurnMs)
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  const rank = (share: number) => Math.round(times[Math.ceil(times.length * share) - 1] as number);
  return { medianMs: rank(0.5), p95Ms: rank(0.95) };
}

/** Structured outputs are keyed by an id and have a name and a result; they go before fields of the older kind. */
function outputsOf(
  data: Record<string, unknown>,
  outputs: Record<string, unknown>,
): Record<string, unknown> | null {
  const found: [string, unknown][] = Object.entries(data).slice(0, most.outputs);
  for (const id of Object.keys(outputs).slice(0, most.outputs)) {
    const { name, result } = fieldsOf(outputs[id]);
    if (typeof name === 'string' && result !== undefined && result !== null) found.push([name, result]);
  }
  return found.length === 0 ? null : Object.fromEntries(found);
}
