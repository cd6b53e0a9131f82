import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The limit in `server/vapi/cost.ts` on the day of this migration, in micros. */
const most = 10_000_000_000;
const parts = ['transport', 'stt', 'llm', 'tts', 'vapi', 'analysis', 'knowledge_base', 'other'].map(
  (part) => `${part}_micros`,
);
const columns = ['cost_micros', ...parts];
const isBeyond = columns.map((column) => `abs(${column}) > ${most}`).join(' or ');

/**
 * Costs that no call can have were once accepted, and made the rows, days and months that contain them unreadable. They
 * become unknown, the days are summed from their calls again, and Vapi is asked for the costs. Frozen documents stay.
 */
export const implausibleCosts: Migration = {
  async up(db: Kysely<unknown>) {
    const run = (text: string) => sql.raw(text).execute(db);
    await run(`create table implausible_calls as
      select tenant_id, id, usage_day from calls where ${isBeyond}`);
    await run(`update calls set ${columns.map((column) => `${column} = null`).join(', ')},
      cost_as_of = null, cost_source = null, poll_at = 0, poll_attempts = 0
      where exists (select 1 from implausible_calls
        where implausible_calls.tenant_id = calls.tenant_id and implausible_calls.id = calls.id)`);
    await run(`update call_revisions set cost_micros = null where abs(cost_micros) > ${most}`);
    const sumOfCalls = (value: string) => `(select cast(coalesce(sum(${value}), 0) as bigint) from calls
      where calls.tenant_id = usage_daily.tenant_id and calls.usage_day = usage_daily.day
        and coalesce(calls.assistant_id, '') = usage_daily.assistant_id)`;
    await run(`update usage_daily set
      ${columns.map((column) => `${column} = ${sumOfCalls(column)}`).join(',\n      ')},
      calls_without_cost = ${sumOfCalls('case when calls.cost_micros is null then 1 else 0 end')}
      where exists (select 1 from implausible_calls
        where implausible_calls.tenant_id = usage_daily.tenant_id and implausible_calls.usage_day = usage_daily.day)`);
    await run('drop table implausible_calls');
  },
};
