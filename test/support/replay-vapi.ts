/**
 * A Vapi that answers as a capture of the doctor says (`vapi-agent doctor <tenant> --record <file>`): what a user's Vapi really
 * did becomes a test. Requests of one path get their answers in the recorded order, the last one from then on.
 */
import { createServer } from 'node:http';
import type { DoctorCapture } from '../../server/contract.ts';
import { listen } from './listen.ts';

export interface ReplayedVapi {
  url: string;
  orgId: string;
  assistantId: string;
  /** When the capture begins, in epoch milliseconds. */
  startsAt: number;
  /** Whether the call has been ended by its control URL; its webhooks are sent then. */
  ended: () => boolean;
  close(): Promise<void>;
}

/** @param webhook where the captured reports are posted, with its headers */
export async function replayVapi(
  { exchanges, webhooks }: DoctorCapture,
  webhook: () => { url: string; headers: Record<string, string> },
): Promise<ReplayedVapi> {
  const answers = Map.groupBy(exchanges, ({ method, path }) => `${method} ${path}`);
  let url = '';
  let isEnded = false;
  const server = createServer(async (request, response) => {
    for await (const _part of request);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const left = answers.get(`${request.method} ${path}`) ?? [];
    const exchange = left.length > 1 ? left.shift() : left[0];
    response.writeHead(exchange?.status ?? 404, exchange?.headers ?? {});
    // URLs that led elsewhere lead here.
    response.end(JSON.stringify(exchange?.answer ?? null).replaceAll('https://redacted.invalid/', `${url}/`));
    if (path !== '/controlUrl') return;
    isEnded = true;
    const { url: to, headers } = webhook();
    for (const body of webhooks) {
      await fetch(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    }
  });
  const local = await listen(server);
  url = local.url;
  const read = exchanges.find(({ method, path }) => method === 'GET' && path.startsWith('/assistant/'));
  const assistant = read?.answer as { id: string; orgId: string };
  return {
    url,
    orgId: assistant.orgId,
    assistantId: assistant.id,
    startsAt: Date.parse(read?.headers.date ?? ''),
    ended: () => isEnded,
    close: local.close,
  };
}
