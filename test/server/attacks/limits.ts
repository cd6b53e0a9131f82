/** Attackers with good sessions and patience: every limit, one at a time. */
import type { Attack, Outcome, Stage } from './stage.ts';

const plenty = {
  concurrentCalls: 1000,
  callsPerMinutePerIp: 1000,
  callsPerHourPerIp: 1000,
  callsPerDayPerIp: 1000,
  callsPerMinute: 1000,
  callsPerHour: 1000,
  callsPerDay: 1000,
};

interface Limited {
  name: string;
  outcome: Outcome;
  limits: Record<string, unknown>;
  /** By how much the clock advances between the two starts, in milliseconds. */
  later?: number;
  /** Whether the second start comes from another network. */
  elsewhere?: boolean;
}

const minute = 60_000;
const hour = 60 * minute;

/** The first start is allowed, the second is not. */
const limited: Limited[] = [
  { name: 'a second call at a time', outcome: 'concurrency_limit', limits: { concurrentCalls: 1 } },
  {
    name: 'a second call at a time from another network',
    outcome: 'concurrency_limit',
    limits: { concurrentCalls: 1 },
    elsewhere: true,
  },
  {
    name: 'one call too many in a minute',
    outcome: 'rate_limited',
    limits: { callsPerMinutePerIp: 1 },
    later: minute - 1,
  },
  {
    name: 'one call too many in an hour',
    outcome: 'rate_limited',
    limits: { callsPerHourPerIp: 1 },
    later: hour - 1,
  },
  {
    name: 'one call too many in a day',
    outcome: 'rate_limited',
    limits: { callsPerDayPerIp: 1 },
    later: 24 * hour - 1,
  },
  {
    name: 'one call too many for the tenant in a minute, through a proxy network',
    outcome: 'rate_limited',
    limits: { callsPerMinute: 1 },
    later: minute - 1,
    elsewhere: true,
  },
  {
    name: 'one call too many for the tenant in an hour, through a proxy network',
    outcome: 'rate_limited',
    limits: { callsPerHour: 1 },
    later: hour - 1,
    elsewhere: true,
  },
  {
    name: 'one call too many for the tenant in a day, through a proxy network',
    outcome: 'rate_limited',
    limits: { callsPerDay: 1 },
    later: 24 * hour - 1,
    elsewhere: true,
  },
  {
    name: 'a call that the rest of the budget does not pay for',
    outcome: 'budget_exhausted',
    // 60 s at $0.60 a minute are $0.60; $0.09 is left, and ten seconds would cost $0.10.
    limits: { maxCallSeconds: 60, worstCaseMicrosPerMinute: 600_000, monthlyBudgetMicros: 690_000 },
    elsewhere: true,
  },
];

async function tenantWith(
  stage: Stage,
  limits: Record<string, unknown>,
  changes: object = {},
): Promise<string> {
  const slug = stage.uniqueSlug();
  await stage.addTenant(slug, { limits: { ...plenty, ...limits }, ...changes });
  return slug;
}

export const limitAttacks: Attack[] = [
  ...limited.map(
    ({ name, outcome, limits, later = 0, elsewhere = false }): Attack => ({
      name,
      outcome,
      async attempt(stage) {
        const slug = await tenantWith(stage, limits);
        const first = stage.newcomer();
        const second = elsewhere ? stage.newcomer() : first;
        await first.grant(slug);
        const { clock } = stage.server;
        const start = clock.now;
        try {
          clock.now += later;
          const session = await second.session(slug);
          await stage.mark();
          return await second.post('/v1/calls', { session });
        } finally {
          clock.now = start;
        }
      },
    }),
  ),
  {
    name: 'a call of a tenant without a budget',
    outcome: 'budget_exhausted',
    async attempt(stage) {
      const slug = await tenantWith(stage, { monthlyBudgetMicros: 0 });
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a session outside the opening hours',
    outcome: 'outside_hours',
    async attempt(stage) {
      const slug = await tenantWith(stage, { hours: closedAt(stage.server.clock.now) });
      await stage.mark();
      return stage.newcomer().post('/v1/sessions', { tenant: slug });
    },
  },
  {
    name: 'a call with a session from just before closing time',
    outcome: 'outside_hours',
    async attempt(stage) {
      const slug = await tenantWith(stage, {});
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      const limits = { hours: closedAt(stage.server.clock.now) };
      await stage.server.operator('PATCH', `/v1/tenants/${slug}`, { limits });
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a session of a paused tenant',
    outcome: 'tenant_paused',
    async attempt(stage) {
      const slug = await tenantWith(stage, {});
      await stage.server.operator('POST', `/v1/tenants/${slug}/pause`);
      await stage.mark();
      return stage.newcomer().post('/v1/sessions', { tenant: slug });
    },
  },
  {
    name: 'a call of a tenant that was paused a moment ago',
    outcome: 'tenant_paused',
    async attempt(stage) {
      const slug = await tenantWith(stage, {});
      const visitor = stage.newcomer();
      const session = await visitor.session(slug);
      await stage.server.operator('POST', `/v1/tenants/${slug}/pause`);
      await stage.mark();
      return visitor.post('/v1/calls', { session });
    },
  },
  {
    name: 'a flood of sessions from one network',
    outcome: 'rate_limited',
    async attempt(stage) {
      const visitor = stage.newcomer();
      for (let sent = 0; sent < 60; sent += 1) await visitor.session('acme');
      return visitor.post('/v1/sessions', { tenant: 'acme' });
    },
  },
  {
    name: 'a flood of sessions from one IPv6 /56, with an address for each',
    outcome: 'rate_limited',
    async attempt(stage) {
      const visitor = stage.newcomer();
      const from = (host: number) =>
        visitor.post('/v1/sessions', { tenant: 'acme' }, [
          ['X-Forwarded-For', `2001:db8:7:${(host % 200).toString(16)}:${host.toString(16)}::1`],
        ]);
      for (let sent = 0; sent < 60; sent += 1) await from(sent);
      return from(60);
    },
  },
];

/** Hours that exclude this moment by most of a day, in UTC. */
function closedAt(nowMs: number): object[] {
  const hourOf = (ms: number) => `${new Date(ms).toISOString().slice(11, 13)}:00`;
  return [{ days: [1, 2, 3, 4, 5, 6, 7], from: hourOf(nowMs + 8 * hour), to: hourOf(nowMs + 9 * hour) }];
}
