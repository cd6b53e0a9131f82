/** Conditions of the list of a tenant's calls that are about how they ended and what they achieved. */
import { type Expression, type SqlBool, sql } from 'kysely';
import type { Rating } from '../contract.ts';

/** Reasons in classes: the first rule that fits a reason decides. */
export interface EndedFilter {
  is: string;
  rules: readonly {
    is: string;
    reasons?: readonly string[];
    beginnings?: readonly string[];
    words?: readonly string[];
  }[];
}

export interface ResultFilters {
  ended: EndedFilter | null;
  success: boolean | null;
  rating: Rating | null;
  minSeconds: number | null;
}

export function resultConditions(
  tenantId: string,
  { ended, success, rating, minSeconds }: ResultFilters,
): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  if (minSeconds !== null) conditions.push(sql`calls.seconds >= ${minSeconds}`);
  if (ended) conditions.push(endedAs(ended));
  if (success !== null)
    conditions.push(sql`exists (select 1 from call_results where call_results.tenant_id = ${tenantId}
      and call_results.call_id = calls.id and call_results.success = ${Number(success)})`);
  if (rating !== null)
    conditions.push(sql`exists (select 1 from feedback where feedback.tenant_id = ${tenantId}
      and feedback.call_id = calls.id and feedback.rating = ${rating})`);
  return conditions;
}

// `like` has upper and lower case on one engine only.
function endedAs({ is, rules }: EndedFilter): Expression<SqlBool> {
  const reason = sql.ref('calls.endedReason');
  const cases = rules.flatMap(({ is: name, reasons = [], beginnings = [], words = [] }) => [
    ...(reasons.length > 0 ? [sql`when ${reason} in (${sql.join(reasons)}) then ${sql.lit(name)}`] : []),
    ...beginnings.map(
      (text) => sql`when substr(${reason}, 1, ${sql.lit(text.length)}) = ${text} then ${sql.lit(name)}`,
    ),
    ...words.map((text) => sql`when replace(${reason}, ${text}, '') <> ${reason} then ${sql.lit(name)}`),
  ]);
  return sql`case ${sql.join(cases, sql` `)} end = ${is}`;
}
