/** People on the sign-in stage: in each role, signed in by a link that was sent to them. */
import assert from 'node:assert/strict';
import { newMembership, newUser } from '../../../server/access/identity/members.ts';
import type { Role } from '../../../server/contract.ts';
import { insertMembership, insertUser } from '../../../server/store/users.ts';
import { until } from '../../support/until.ts';
import { publicUrl, type SignInStage } from './sign-in-stage.ts';

/** Adds a person to the operator (null) or to a client, by the client's handle. */
export async function addPerson(
  { server }: SignInStage,
  email: string,
  places: [slug: string | null, role: Role][],
): Promise<string> {
  const { store } = server.ctx;
  const user = newUser(email, email.split('@')[0] ?? '', server.clock.now);
  assert.ok(await insertUser(store, user));
  for (const [slug, role] of places) {
    const tenant = slug === null ? null : await tenantId(server.ctx.store, slug);
    await insertMembership(store, newMembership(user.id, tenant, role, server.clock.now));
  }
  return user.id;
}

async function tenantId(store: SignInStage['server']['ctx']['store'], slug: string): Promise<string> {
  const row = await store
    .selectFrom('tenants')
    .select('id')
    .where('slug', '=', slug)
    .where('deletedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Fills in the form of the sign-in page. */
export function requestLink(
  { server, elsewhere }: SignInStage,
  email: string,
  headers: Record<string, string> = elsewhere(),
): Promise<Response> {
  return fetch(`${server.url}/portal/link`, {
    method: 'POST',
    headers: { origin: publicUrl, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ email }),
  });
}

/** The links in the mails to this address, oldest first. */
export function linksTo({ mail }: SignInStage, email: string): string[] {
  return mail.mails.flatMap((raw) => {
    const text = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    if (!text.includes(`To: ${email}\r`)) return [];
    return text.match(/https:\S+\?token=[\w-]{43}/g) ?? [];
  });
}

/** Requests a link and waits for the mail. */
export async function mailedLink(stage: SignInStage, email: string): Promise<string> {
  const before = linksTo(stage, email).length;
  assert.equal((await requestLink(stage, email)).status, 200);
  await until(() => linksTo(stage, email).length > before, `a mail to ${email}`);
  return linksTo(stage, email).at(-1) ?? '';
}

/** @returns the `Cookie` header of a browser that used the link */
export async function use(stage: SignInStage, url: string): Promise<string> {
  const response = await stage.post(url);
  assert.equal(response.status, 303, await response.text());
  return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

export const enter = async (stage: SignInStage, email: string): Promise<string> =>
  use(stage, await mailedLink(stage, email));
