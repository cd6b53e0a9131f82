/** Counts the outcome that the operator has defined for a client: each call is judged as its results come and change. */
import { type Actor, recordChange } from '../access/audit.ts';
import { changeTenant } from '../access/tenants/saved-tenants.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import {
  callKinds,
  type OutcomeAnswer,
  type OutcomeRule,
  type OutcomeVersion,
  type SetOutcome,
  type TriedOutcome,
  type TryOutcome,
} from '../contract.ts';
import { invalidField } from '../errors.ts';
import { isSuccess, noResults, type Results } from '../ledger/call-results.ts';
import { countsAs, fulfilledBy, type OutcomeFacts, outputsNamed } from '../ledger/outcome.ts';
import { findResultsOf } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import {
  findCallOutcome,
  findOutcomeRule,
  insertOutcomeRule,
  listCallsToTry,
  listOutcomeRules,
  type OutcomeRuleRow,
  outcomeRuleAt,
  saveCallOutcome,
} from '../store/outcomes.ts';
import type { Tenant } from '../store/tenants.ts';
import { endedClassOf } from '../vapi/ended-class.ts';
import { openResults, resultsToJudge } from './results.ts';

const ruleIn = (row: OutcomeRuleRow | null) => (row?.rule ? (JSON.parse(row.rule) as OutcomeRule) : null);

/**
 * A call keeps the version that judged it first: the one in force when it was created. Content that is erased or no
 * longer kept leaves the verdict as it is. Called under the lock of the call's row, after its usage.
 * @param merged what the report has just made of its results; null when it had none
 */
export async function judgeCallOutcome(
  ctx: Context,
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  merged: Results | null,
): Promise<void> {
  const { outcomeSince } = tenant;
  if (outcomeSince === null || row.createdAt < outcomeSince) return;
  if (row.status !== 'ended' || row.usageDay === null || row.type === callKinds.chat) return;
  const before = await findCallOutcome(db, tenant.id, row.id);
  const version = before
    ? await findOutcomeRule(db, tenant.id, before.version)
    : await outcomeRuleAt(db, tenant.id, row.createdAt);
  const rule = ruleIn(version);
  if (!version || !rule) return;
  const results = await resultsToJudge(ctx, db, tenant, row, { merged, isJudged: before !== null });
  const counts = results ? Number(countsAs(rule, factsOf(row, results))) : before?.counts;
  if (counts === undefined) return;
  const after = {
    ...{ tenantId: tenant.id, callId: row.id, version: version.version, counts },
    ...{ day: row.usageDay, costMicros: row.costMicros ?? 0 },
  };
  if (before && JSON.stringify(after) === JSON.stringify({ ...after, ...before })) return;
  await saveCallOutcome(db, before, after);
}

/** The call is another tenant's after all, or was dismissed. */
export async function takeBackOutcome(db: Queries, tenantId: string, callId: string): Promise<void> {
  const before = await findCallOutcome(db, tenantId, callId);
  if (before) await saveCallOutcome(db, before, null);
}

function factsOf(row: CallRow, { content }: Results): OutcomeFacts {
  const outputs = Object.entries(content.outputs).map(([name, [, value]]) => [name, value]);
  return {
    endedClass: endedClassOf(row.endedReason),
    success: isSuccess(content.evaluation?.[1]),
    seconds: row.seconds,
    outputs: Object.fromEntries(outputs) as OutcomeFacts['outputs'],
  };
}

function viewVersion({ version, name, validFrom, ...row }: OutcomeRuleRow): OutcomeVersion {
  return { version, name, rule: ruleIn({ version, name, validFrom, ...row }), from: iso(validFrom) };
}

export async function readOutcome(ctx: Context, tenant: Tenant): Promise<OutcomeAnswer> {
  const versions = (await listOutcomeRules(ctx.store, tenant.id, 100)).map(viewVersion);
  return { current: versions[0] ?? null, versions };
}

/**
 * Adds a version, which judges calls from now on; none is ever changed. The same once more adds none.
 * @param outcome null counts nothing from now on
 * @throws ApiError `invalid_request` for an output that the tenant does not keep, or of another type
 */
export async function setOutcome(
  ctx: Context,
  tenant: Tenant,
  outcome: SetOutcome | null,
  by: Actor,
): Promise<OutcomeAnswer> {
  const { name = null, ...rest } = outcome ?? {};
  const rule = outcome ? JSON.stringify(rest) : null;
  const change = { ...by, action: 'outcome.set' };
  await changeTenant(ctx, tenant.slug, change, async (db, current) => {
    if (outcome) checkOutputs(outcome, current, 'conditions');
    const [last] = await listOutcomeRules(db, current.id, 1);
    if (last ? last.name === name && last.rule === rule : rule === null) return;
    // Even if the clock was set back, no call has two.
    const validFrom = Math.max(ctx.now(), (last?.validFrom ?? 0) + 1);
    const version = (last?.version ?? 0) + 1;
    await insertOutcomeRule(db, { tenantId: current.id, version, name, rule, validFrom });
    return { outcome: { version, name, rule: outcome && rest } };
  });
  return readOutcome(ctx, tenant);
}

/** @throws ApiError `invalid_request` when the rule in force needs an output that the tenant would no longer keep */
export async function checkKeptOutputs(db: Queries, tenant: Tenant): Promise<void> {
  const [last] = await listOutcomeRules(db, tenant.id, 1);
  const rule = ruleIn(last ?? null);
  if (rule) checkOutputs(rule, tenant, 'results.outputs');
}

function checkOutputs(rule: OutcomeRule, { results }: Tenant, field: string): void {
  for (const { name, type } of outputsNamed(rule)) {
    const kept = results.outputs.find((output) => output.name === name);
    if (!kept || kept.type !== type)
      throw invalidField(
        field,
        field === 'conditions'
          ? `"${name}" is not among the kept outputs of the type ${type}`
          : `the outcome needs the output "${name}" of the type ${type}: change the outcome first`,
      );
  }
}

/**
 * Judges the latest calls by a rule that is not saved, by what is kept of them.
 * @throws ApiError `invalid_request` as when saving it
 */
export async function tryOutcome(
  ctx: Context,
  tenant: Tenant,
  { calls, ...rule }: TryOutcome,
  by: Actor,
): Promise<TriedOutcome> {
  checkOutputs(rule, tenant, 'conditions');
  // What it answers says something about each of the calls.
  const change = { action: 'outcome.try', tenant: tenant.slug, before: null, after: { calls, rule } };
  await recordChange(ctx.store, { ...by, ...change }, ctx.now());
  const rows = await listCallsToTry(ctx.store, tenant.id, calls);
  const keptOf = await findResultsOf(ctx.store, rows);
  let withoutResults = 0;
  const judged = rows.map((row) => {
    const kept = keptOf(row);
    const results = (kept && openResults(ctx, kept)) ?? noResults();
    if (kept === null || kept.contentSealed === null) withoutResults += 1;
    const facts = factsOf(row, results);
    return {
      ...{ id: row.id, createdAt: iso(row.createdAt) },
      ...{ counts: countsAs(rule, facts), fulfilled: fulfilledBy(rule, facts) },
    };
  });
  return { calls: rows.length, counts: judged.filter(({ counts }) => counts).length, withoutResults, judged };
}

/** By which version a call was judged; null when by none. */
export async function judgedBy(db: Queries, tenantId: string, version: number | null) {
  const row = version === null ? null : await findOutcomeRule(db, tenantId, version);
  return row && { version: row.version, name: row.name };
}
