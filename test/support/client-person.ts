/** A person who is signed in to a client's portal, or the operator's, without a mail. */

import { newMembership, newUser } from '../../server/access/identity/members.ts';
import { begin } from '../../server/access/identity/sign-in.ts';
import { signInCookie } from '../../server/access/identity/sign-in-cookie.ts';
import type { Role } from '../../server/contract.ts';
import { findTenant } from '../../server/store/tenants.ts';
import { insertMembership, insertUser } from '../../server/store/users.ts';
import type { TestServer } from './test-server.ts';

let people = 0;

/** @param slug null for the operator's @returns the person's id, and the headers of a request that its browser sends */
export async function signInPerson(
  { ctx, clock }: TestServer,
  slug: string | null,
  role: Role,
): Promise<{ id: string; headers: Record<string, string> }> {
  const tenantId = slug === null ? null : ((await findTenant(ctx.store, slug))?.id ?? '');
  people += 1;
  const user = newUser(`person-${people}@${slug ?? 'agency'}.example`, role, clock.now);
  await insertUser(ctx.store, user);
  await insertMembership(ctx.store, newMembership(user.id, tenantId, role, clock.now));
  return { id: user.id, headers: await signInAgain(ctx, user.id, tenantId) };
}

/** Another session of the same person, as in a second browser. @param tenantId null for the operator's portal */
export async function signInAgain(
  ctx: TestServer['ctx'],
  userId: string,
  tenantId: string | null,
): Promise<Record<string, string>> {
  const how = { userId, isFixed: 0, keyId: null, tenantId, requestId: 'test', userAgent: 'Another browser' };
  const { cookie } = await begin(ctx, ctx.store, how);
  const { name } = signInCookie(ctx.config.publicUrl);
  return { cookie: `${name}=${cookie}`, 'sec-fetch-site': 'same-origin' };
}
