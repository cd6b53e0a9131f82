import { randomBytes } from 'node:crypto';
import { insertAudit } from '../store/audit.ts';
import type { Queries } from '../store/database.ts';

/** Who did it, for the audit log. */
export interface Actor {
  actor: string;
  requestId: string;
  /** The stated reason, kept with `after`. */
  reason?: string | undefined;
}

export interface Change extends Actor {
  /** `tenant.update`, `key.create`, … */
  action: string;
  tenant: string | null;
  /** As in an answer: secrets masked. */
  before: object | null;
  after: object | null;
}

/** Records a change in the transaction that makes it; of two whole views, only the fields that differ are kept. */
export async function recordChange(db: Queries, change: Change, nowMs: number): Promise<void> {
  const [before, after] =
    change.before && change.after ? differing(change.before, change.after) : [change.before, change.after];
  await insertAudit(db, {
    id: `aud_${randomBytes(12).toString('base64url')}`,
    at: nowMs,
    actor: change.actor,
    action: change.action,
    tenant: change.tenant,
    before: before && JSON.stringify(before),
    after: after || change.reason ? JSON.stringify({ ...after, reason: change.reason }) : null,
    requestId: change.requestId,
  });
}

function differing(before: object, after: object): [object, object] {
  const changed = (name: string) =>
    JSON.stringify(before[name as keyof object]) !== JSON.stringify(after[name as keyof object]);
  const pick = (from: object) => Object.fromEntries(Object.entries(from).filter(([name]) => changed(name)));
  return [pick(before), pick(after)];
}
