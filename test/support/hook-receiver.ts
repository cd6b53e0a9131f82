/** An operator's own server: stores every hook, checks its signature by standardwebhooks.com, answers as set. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listen } from './listen.ts';

export interface Hook {
  headers: IncomingHttpHeaders;
  raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: hooks of every kind come here
  body: any;
}

export interface HookReceiver {
  url: string;
  hooks: Hook[];
  /** Answers to the next hooks; a status, and JSON or text. Null = never. Default: an empty 200. */
  answer: { status: number; body?: unknown } | null;
  close(): Promise<void>;
}

export async function startHookReceiver(): Promise<HookReceiver> {
  const receiver: HookReceiver = {
    url: '',
    hooks: [],
    answer: { status: 200 },
    close: async () => {},
  };
  const server = createServer(async (request, response) => {
    let raw = '';
    for await (const chunk of request) raw += chunk;
    receiver.hooks.push({ headers: request.headers, raw, body: JSON.parse(raw) });
    if (!receiver.answer) return;
    const { status, body } = receiver.answer;
    response.writeHead(status, status === 302 ? { location: String(body) } : {});
    response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  });
  const { url, close } = await listen(server);
  return Object.assign(receiver, { url: `${url}/hook`, close });
}

/** Written from the specification, not with the product's code. @param secret `whsec_…` */
export function hasValidSignature({ headers, raw }: Hook, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
