/**
 * Records, redacted, the exchanges with Vapi during one piece of work, and Vapi's reports about its calls. Limited to this
 * process: a report that another process receives is missing.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DoctorCapture } from '../contract.ts';
import { createRedactor, type Redactor, redactedHost } from './redact.ts';

interface Recording {
  redactor: Redactor;
  calls: Set<string>;
  capture: DoctorCapture;
}

const current = new AsyncLocalStorage<Recording>();
const active = new Set<Recording>();
const mostEntries = 200;
const keptHeaders = ['content-type', 'date', 'retry-after'];

export async function captured<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; capture: DoctorCapture }> {
  const capture: DoctorCapture = { format: 1, exchanges: [], webhooks: [] };
  const recording: Recording = { redactor: createRedactor(), calls: new Set(), capture };
  active.add(recording);
  try {
    return { result: await current.run(recording, work), capture };
  } finally {
    active.delete(recording);
  }
}

/**
 * Records a request to Vapi, if a capture is running, without consuming its answer.
 * @param role names the field that the address is from, if it is not one of the API's paths
 */
export async function noteExchange(
  input: unknown,
  init: { method?: string | undefined; body?: unknown } | undefined,
  response: Response,
  role?: string,
): Promise<void> {
  const recording = current.getStore();
  if (!recording || recording.capture.exchanges.length >= mostEntries) return;
  // What cannot be noted (nested too deep, broken off) must not fail the request itself.
  await note(recording, input, init, response, role).catch(() => {});
}

async function note(
  { redactor, calls, capture }: Recording,
  ...[input, init, response, role]: Parameters<typeof noteExchange>
): Promise<void> {
  const url = new URL(input instanceof Request ? input.url : String(input));
  const answer = readJson(
    await response
      .clone()
      .text()
      .catch(() => ''),
  );
  const path = role ? new URL(redactedHost + role).pathname : redactor.path(url.pathname);
  if (url.pathname === '/call/web' && isRecord(answer) && typeof answer.id === 'string') calls.add(answer.id);
  capture.exchanges.push({
    method: init?.method ?? 'GET',
    path,
    request: typeof init?.body === 'string' ? redactor.value(readJson(init.body)) : null,
    status: response.status,
    headers: Object.fromEntries(
      keptHeaders.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value.slice(0, 100)]];
      }),
    ),
    answer: redactor.value(answer),
  });
}

/** @param callId the call that the message is about */
export function noteWebhook(callId: string | undefined, body: unknown): void {
  if (callId === undefined) return;
  for (const { calls, redactor, capture } of active) {
    if (!calls.has(callId) || capture.webhooks.length >= mostEntries) continue;
    try {
      capture.webhooks.push(redactor.value(body));
    } catch {
      // Nested too deep: the report itself must still be booked.
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
