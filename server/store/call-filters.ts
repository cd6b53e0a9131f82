/** Conditions of lists of calls that are about how they ended and what they achieved. */
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
  /** Of its outcome. */
  counts: boolean | null;
  language: string | null;
  minSeconds: number | null;
}

export const noResultFilters: ResultFilters = {
  ended: null,
  success: null,
  rating: null,
  counts: null,
  language: null,
  minSeconds: null,
};

export function resultConditions({
  ended,
  success,
  rating,
  counts,
  language,
  minSeconds,
}: ResultFilters): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  if (minSeconds !== null) conditions.push(sql`calls.seconds >= ${minSeconds}`);
  if (ended) conditions.push(endedAs(ended));
  if (success !== null) conditions.push(ofCall('call_results', sql`success = ${Number(success)}`));
  if (counts !== null) conditions.push(ofCall('call_outcomes', sql`counts = ${Number(counts)}`));
  if (language !== null) conditions.push(ofCall('call_results', sql`language = ${language}`));
  if (rating !== null) conditions.push(ofCall('feedback', sql`rating = ${rating}`));
  return conditions;
}

function ofCall(table: string, condition: Expression<unknown>): Expression<SqlBool> {
  return sql`exists (select 1 from ${sql.table(table)} as kept where kept.tenant_id = calls.tenant_id
    and kept.call_id = calls.id and kept.${condition})`;
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
