/** Whose call it is, of the tenants that share a Vapi organization. Pure. */
import { namedIn } from '../access/tenants/squads.ts';
import type { Tenant } from '../store/tenants.ts';

/** What identifies a call's tenant in Vapi's data. Tags that a browser could have written decide nothing (vapi-facts 2.6). */
export interface CallToAssign {
  assistantId: string | null;
  /** The squad that was called. */
  squadId?: string | null;
  /** Epoch milliseconds. */
  createdAt: number;
}

type Candidate = Pick<Tenant, 'id' | 'assistantId' | 'assistantIds' | 'wholeOrg' | 'createdAt' | 'deletedAt'>;

/**
 * The tenant that has its squad; otherwise the one that has its assistant, of a squad's call the member; otherwise the one
 * with the whole org (`wholeOrg`), unless another has, or recently had, a part of it: a client must never get, or pay for,
 * the calls of another.
 * @param tenants all of the org, including those deleted recently
 * @returns null when it belongs to none
 */
export function whoseCall<Whose extends Candidate>(call: CallToAssign, tenants: Whose[]): Whose | null {
  for (const id of [call.squadId, call.assistantId]) {
    const own = tenants.filter((tenant) => typeof id === 'string' && namedIn(tenant).includes(id));
    if (own.length > 0) return likeliest(own, call.createdAt);
  }
  const [only, ...others] = tenants;
  if (!only?.wholeOrg || others.length > 0) return null;
  return only.deletedAt === null || call.createdAt < only.deletedAt ? only : null;
}

/** An assistant can change tenants: first the one that existed when the call began, then one that exists, then the latest. */
function likeliest<Whose extends Candidate>(candidates: Whose[], atMs: number): Whose | null {
  const byAge = [...candidates].sort((a, b) => a.createdAt - b.createdAt);
  const existedThen = ({ createdAt, deletedAt }: Candidate) =>
    createdAt <= atMs && (deletedAt === null || atMs < deletedAt);
  return byAge.find(existedThen) ?? byAge.find(({ deletedAt }) => deletedAt === null) ?? byAge.at(-1) ?? null;
}
