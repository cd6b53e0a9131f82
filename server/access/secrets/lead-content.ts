/** What a lead says, sealed: bound to its tenant and its row. */
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { LeadContent, LeadView } from '../../contract.ts';
import type { LeadRow } from '../../store/leads.ts';

export const leadContext = (tenantId: string, id: string, column: 'content' | 'note') =>
  `leads/${tenantId}/${id}/${column}`;

export function sealLead({ box }: Context, tenantId: string, id: string, content: LeadContent): string {
  return box.seal(JSON.stringify(content), leadContext(tenantId, id, 'content'));
}

export function sealNote({ box }: Context, tenantId: string, id: string, note: string): string {
  return box.seal(note, leadContext(tenantId, id, 'note'));
}

export function viewLead(ctx: Context, row: LeadRow): LeadView {
  const content = opened(ctx, row, 'content');
  return {
    id: row.id,
    at: iso(row.createdAt),
    state: row.state,
    reason: row.reason,
    content: content === null ? null : (JSON.parse(content) as LeadContent),
    note: opened(ctx, row, 'note'),
    expiresAt: iso(row.expiresAt),
  };
}

/** One that was sealed with a lost key must not hide the others. */
function opened({ box, log }: Context, row: LeadRow, column: 'content' | 'note'): string | null {
  const sealed = row[`${column}Sealed`];
  if (sealed === null) return null;
  try {
    return box.open(sealed, leadContext(row.tenantId, row.id, column));
  } catch (error) {
    log.warn({ err: error, lead: row.id }, 'a lead cannot be opened');
    return null;
  }
}
