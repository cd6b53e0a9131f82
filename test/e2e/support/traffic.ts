/** Everything that a page's browser receives, sends and stores, as text to search for what must not be there. */
import type { BrowserContext, CDPSession, Page, Response } from 'playwright-core';

export interface Piece {
  /** Where it came from, for a helpful message. */
  from: string;
  text: string;
}

export interface Traffic {
  /** Bodies and headers of every answer, WebSocket frames and server-sent events so far. */
  received(): Promise<Piece[]>;
  /** Every request's URL, headers and body. */
  sent(): Piece[];
}

/** Must be called before the page opens anything. */
export async function recordTraffic(page: Page): Promise<Traffic> {
  const answers: Promise<Piece[]>[] = [];
  const streamed: Piece[] = [];
  const sent: Piece[] = [];
  page.on('response', (response) => answers.push(readAnswer(response)));
  page.on('request', (request) => {
    const text = `${request.url()}\n${JSON.stringify(request.headers())}\n${request.postData() ?? ''}`;
    sent.push({ from: `request ${request.url()}`, text });
  });
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) =>
      streamed.push({ from: `socket ${socket.url()}`, text: String(payload) }),
    );
  });
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  cdp.on('Network.eventSourceMessageReceived', ({ data }) =>
    streamed.push({ from: 'server-sent event', text: data }),
  );
  return {
    received: async () => [...(await Promise.all(answers)).flat(), ...streamed],
    sent: () => sent,
  };
}

async function readAnswer(response: Response): Promise<Piece[]> {
  const from = `answer ${response.status()} ${response.url()}`;
  const headers = await response.allHeaders().catch(() => response.headers());
  const pieces = [{ from, text: JSON.stringify(headers) }];
  // A stream does not end during the call; its events are recorded one by one.
  if (headers['content-type']?.startsWith('text/event-stream')) return pieces;
  // An answer without a body, or one that the page has not kept.
  const text = await response.text().catch(() => '');
  return [...pieces, { from, text }];
}

/** What the browser stores: storage of every kind, and cookies. Databases and caches count by their names. */
export async function storedText(page: Page, context: BrowserContext): Promise<string> {
  const stored = await page.evaluate(async () =>
    JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
    }),
  );
  return `${stored}\n${JSON.stringify(await context.cookies())}`;
}

/** Nothing at all is stored. */
export const emptyStorage = '{"local":{},"session":{},"databases":[],"caches":[]}\n[]';

// biome-ignore lint/suspicious/noExplicitAny: a token's claims are of every shape
export type Claims = Record<string, any>;

/** The claims of everything in the text that can be decoded as a JWT. */
export function jwtsIn(text: string): Claims[] {
  const found = text.match(/[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g) ?? [];
  return found.flatMap((token) => {
    try {
      const [header = '', payload = ''] = token
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('utf8'));
      JSON.parse(header);
      return [JSON.parse(payload) as Claims];
    } catch {
      return [];
    }
  });
}

/** A token of Vapi's, by its own claims; ours have neither. */
export const isVapiJwt = (claims: Claims): boolean => 'orgId' in claims || 'token' in claims;
