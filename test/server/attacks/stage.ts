/** The setting of an attack: a server behind one trusted proxy, the emulator, two tenants, and an exact count. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { type ErrorCode, errorStatus } from '../../../server/contract.ts';
import type { Schema } from '../../../server/store/schema.ts';
import type { Engine } from '../../support/postgres.ts';
import { type RawRequest, send } from '../../support/raw-http.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin } from '../../support/test-server.ts';

/** How an attack ends: with a stable code, or, if no route of ours is reached, with this HTTP status. */
export type Outcome = ErrorCode | number;

export interface Attack {
  /** What the attacker tries. */
  name: string;
  outcome: Outcome;
  attempt: (stage: Stage) => Promise<Answer>;
}

export interface Stage extends TestNetwork {
  rival: TestTenant;
  /** A visitor (or attacker) on a separate network. */
  newcomer(): Visitor;
  /** Everything before was preparation: from here on the attempt may have no effect. */
  mark(): Promise<void>;
  /** Runs the attack and asserts its outcome and that it caused no row and no call. */
  play(attack: Attack): Promise<void>;
  uniqueSlug(): string;
}

export interface Visitor {
  address: string;
  ask(request: RawRequest): Promise<Answer>;
  /** As a page sends it; `headers` may replace the page's `Origin`. */
  post(path: string, body: unknown, headers?: [string, string][]): Promise<Answer>;
  /** Throws when it is refused. */
  session(slug: string, origin?: string): Promise<string>;
  /** A grant. Throws when it is refused. */
  grant(slug: string): Promise<Record<string, string>>;
}

const tables: (keyof Schema)[] = [
  'tenants',
  'reservations',
  'calls',
  'usageDaily',
  'usedChallenges',
  'apiKeys',
  'audit',
  'notices',
];

export const subdomains = 'https://*.acme-group.example';

export async function startStage(engine: Engine): Promise<Stage> {
  const plenty = {
    callsPerMinute: 1_000_000,
    callsPerHour: 1_000_000,
    callsPerDay: 1_000_000,
    concurrentCalls: 1000,
    monthlyBudgetMicros: 1_000_000_000_000,
  };
  const network = await startTestNetwork({
    server: { engine, config: { trustProxy: 1 } },
    // No one joins, and nothing may end automatically while it is counted.
    emulator: { joinTimeoutMs: 3_600_000 },
    tenant: {
      allowedOrigins: [pageOrigin, subdomains, 'https://bücher.example', 'http://localhost:3000'],
      limits: plenty,
    },
  });
  const rival = await network.addTenant('rival', {
    allowedOrigins: ['https://rival.example'],
    limits: plenty,
  });
  const { server, emulator } = network;
  let visitors = 0;
  let marked: Record<string, number> = {};

  async function trace(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {
      'calls at Vapi': emulator.calls().length,
      'calls in the books': emulator.books().length,
    };
    for (const table of tables) {
      const row = await server.ctx.store
        .selectFrom(table)
        .select(sql<number>`cast(count(*) as bigint)`.as('count'))
        .executeTakeFirstOrThrow();
      counts[table] = row.count;
    }
    return counts;
  }

  const stage: Stage = {
    ...network,
    rival,
    uniqueSlug: () => `t-${randomBytes(6).toString('hex')}`,
    newcomer: () =>
      newVisitor(server.url, `10.${visitors++ >> 14}.${(visitors >> 7) & 127}.${visitors & 127}`),
    async mark() {
      marked = await trace();
    },
    async play({ outcome, attempt }) {
      await stage.mark();
      const answer = await attempt(stage);
      if (typeof outcome === 'number') assert.equal(answer.status, outcome, answer.text);
      else {
        assert.equal(codeOf(answer), outcome, answer.text);
        assert.equal(answer.status, errorStatus[outcome]);
        assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
      }
      for (const field of ['session', 'webCallUrl', 'key', 'callId', 'endToken']) {
        assert.equal(answer.body?.[field], undefined, `the answer holds ${field}`);
      }
      assert.doesNotMatch(answer.text, /\n\s+at |node_modules/);
      assert.deepEqual(await trace(), marked);
    },
  };
  return stage;
}

function newVisitor(url: string, address: string): Visitor {
  const ask = ({ headers = [], ...request }: RawRequest) => {
    const forwarded: [string, string][] = headers.some(([name]) => name.toLowerCase() === 'x-forwarded-for')
      ? []
      : [['X-Forwarded-For', address]];
    return send(url, { ...request, headers: [...forwarded, ...headers] });
  };
  const post: Visitor['post'] = (path, body, headers = []) => {
    const origin: [string, string][] = headers.some(([name]) => name.toLowerCase() === 'origin')
      ? []
      : [['Origin', pageOrigin]];
    const typed = headers.some(([name]) => name.toLowerCase() === 'content-type');
    return ask({
      method: 'POST',
      path,
      headers: [
        ...origin,
        ...(typed ? [] : [['Content-Type', 'text/plain'] as [string, string]]),
        ...headers,
      ],
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  };
  const session: Visitor['session'] = async (slug, origin = pageOrigin) => {
    const answer = await post('/v1/sessions', { tenant: slug }, [['Origin', origin]]);
    if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
    return answer.body.session as string;
  };
  return {
    address,
    ask,
    post,
    session,
    async grant(slug) {
      const answer = await post('/v1/calls', { session: await session(slug) });
      if (answer.status !== 201) throw new Error(`no grant: ${answer.text}`);
      return answer.body as Record<string, string>;
    },
  };
}
