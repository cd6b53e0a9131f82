/**
 * The lists and sums of Vapi for many organizations, as small and fast as can be: the emulator looks at every call for each
 * request. It counts requests and bytes, and an organization can be made to fail.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { listen } from './listen.ts';

export interface ManyOrgsCall {
  id: string;
  createdAt: number;
  updatedAt: number;
  /** US dollars. */
  cost: number;
}

export interface ManyOrgsOrg {
  orgId: string;
  privateKey: string;
  assistantId: string;
  calls: ManyOrgsCall[];
  /** `hold` never answers; `endless` has another full page after each. */
  fault: null | 'hold' | 'endless' | 'no-sums' | 429 | 500;
  /** Holds all further requests after so many. */
  holdsAfter: number | null;
  requests: string[];
  /** Of bodies. */
  bytes: number;
}

export interface ManyOrgsVapi {
  url: string;
  orgs: ManyOrgsOrg[];
  addOrg(): ManyOrgsOrg;
  /** Milliseconds before each answer. */
  answerMs: number;
  /** Characters that each call has beside its figures. */
  padding: number;
  /** Cuts the requests that are held. */
  release(): void;
  held: () => number;
  /** The size of one call in a list. */
  sizeOf(org: ManyOrgsOrg, call: ManyOrgsCall): number;
  close(): Promise<void>;
}

const iso = (ms: number) => new Date(ms).toISOString();
const callSeconds = 60;
const pageSize = 1000;

export async function startManyOrgsVapi(): Promise<ManyOrgsVapi> {
  const byKey = new Map<string, ManyOrgsOrg>();
  const holding = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const org = byKey.get(request.headers.authorization ?? '');
    const name = `${request.method} ${request.url}`;
    if (!org) return void response.writeHead(401).end('{}');
    org.requests.push(name);
    if (vapi.answerMs > 0) await pause(vapi.answerMs);
    if (org.fault === 'hold' || (org.holdsAfter !== null && org.requests.length > org.holdsAfter)) {
      holding.add(response);
      response.once('close', () => holding.delete(response));
      return;
    }
    const [status, body] = answer(org, name, chunks);
    const text = JSON.stringify(body);
    org.bytes += text.length;
    const later = status === 429 ? { 'retry-after': '1800' } : {};
    response.writeHead(status, { 'content-type': 'application/json', ...later }).end(text);
  });
  const answer = (org: ManyOrgsOrg, name: string, chunks: Buffer[]): [number, unknown] => {
    if (typeof org.fault === 'number') return [org.fault, { message: 'no', statusCode: org.fault }];
    if (name === 'POST /analytics') {
      if (org.fault === 'no-sums' || org.fault === 'endless') return [403, { message: 'Forbidden' }];
      const { queries } = JSON.parse(Buffer.concat(chunks).toString()) as { queries: SumQuery[] };
      return [201, queries.map((query) => sumsOf(org, query))];
    }
    const url = new URL(name.replace('GET ', ''), 'http://vapi');
    const one = /^\/call\/(.+)$/.exec(url.pathname)?.[1];
    if (one) {
      const found = org.calls.find(({ id }) => id === one);
      return found ? [200, view(org, found)] : [404, {}];
    }
    if (url.pathname !== '/call') return [200, { results: [] }];
    if (org.fault === 'endless') return [200, endlessPage(org, url.searchParams)];
    return [200, listOf(org, url.searchParams).map((call) => view(org, call))];
  };
  const view = ({ orgId, assistantId }: ManyOrgsOrg, { id, createdAt, updatedAt, cost }: ManyOrgsCall) => ({
    ...{ id, orgId, assistantId, type: 'inboundPhoneCall', status: 'ended' },
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    startedAt: iso(createdAt),
    endedAt: iso(createdAt + callSeconds * 1000),
    endedReason: 'customer-ended-call',
    cost,
    artifact: { transcript: 'x'.repeat(vapi.padding) },
  });
  /** Ever older calls, none of them seen before. */
  const endlessPage = (org: ManyOrgsOrg, query: URLSearchParams) => {
    const newest = Date.parse(
      query.get('createdAtLe') ?? query.get('createdAtLt') ?? query.get('updatedAtLt') ?? '',
    );
    return Array.from({ length: pageSize }, (_, index) => {
      const createdAt = newest - 1 - (index === pageSize - 1 ? 1 : 0);
      return {
        ...view(org, { id: randomUUID(), createdAt, updatedAt: createdAt, cost: 0 }),
        assistantId: randomUUID(),
      };
    });
  };
  const vapi: ManyOrgsVapi = {
    ...(await listen(server)),
    orgs: [],
    answerMs: 0,
    padding: 0,
    addOrg() {
      const org: ManyOrgsOrg = {
        ...{ orgId: randomUUID(), privateKey: `private-${randomUUID()}`, assistantId: randomUUID() },
        ...{ calls: [], fault: null, holdsAfter: null, requests: [], bytes: 0 },
      };
      byKey.set(`Bearer ${org.privateKey}`, org);
      vapi.orgs.push(org);
      return org;
    },
    release() {
      for (const response of holding) response.destroy();
    },
    held: () => holding.size,
    sizeOf: (org, call) => JSON.stringify(view(org, call)).length,
  };
  return vapi;
}

interface SumQuery {
  name: string;
  timeRange: { start: string; end: string };
}

function sumsOf({ calls, assistantId }: ManyOrgsOrg, { name, timeRange }: SumQuery): object {
  const [from, to] = [Date.parse(timeRange.start), Date.parse(timeRange.end)];
  const within = calls.filter(({ createdAt }) => createdAt >= from && createdAt < to);
  const cost = within.reduce((sum, call) => sum + call.cost, 0);
  const group = { assistantId, status: 'ended', calls: within.length, cost };
  return { name, timeRange: { ...timeRange, timezone: 'UTC' }, result: within.length > 0 ? [group] : [] };
}

function listOf({ calls }: ManyOrgsOrg, query: URLSearchParams): ManyOrgsCall[] {
  const bound = (name: string, otherwise: number) => {
    const text = query.get(name);
    return text === null ? otherwise : Date.parse(text);
  };
  const most = Number.POSITIVE_INFINITY;
  return calls
    .filter(
      ({ createdAt, updatedAt }) =>
        createdAt >= bound('createdAtGe', 0) &&
        createdAt < bound('createdAtLt', most) &&
        createdAt <= bound('createdAtLe', most) &&
        updatedAt >= bound('updatedAtGe', 0) &&
        updatedAt < bound('updatedAtLt', most),
    )
    .sort((a, b) => b.createdAt - a.createdAt)
    .slice(0, Number(query.get('limit')));
}
