/**
 * Passkeys: a key in a person's device that signs a challenge of this server. Challenges are in the database, with an
 * end; an answer uses one up, right or wrong, and must come from the browser that was asked. A passkey opens no more
 * than the sign-in that added it: one that was handed over stays in its place.
 */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { AddPasskey, PasskeySignIn, PasskeysAnswer, PasskeyView } from '../../contract.ts';
import { ApiError, conflict } from '../../errors.ts';
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeys,
  type Passkey,
  renamePasskey,
  usePasskey,
} from '../../store/passkeys.ts';
import { putAttempt, takeAttempt } from '../../store/sign-in-attempts.ts';
import { findUser, listPlaces, lockUser } from '../../store/users.ts';
import { type Actor, recordChange } from '../audit.ts';
import type { Caller } from './api-key.ts';
import { ownSignIns } from './sessions.ts';
import { begin, hashOf, newToken, type SignedIn } from './sign-in.ts';

/** Time to find a telephone or a security key. */
export const challengeLifeMs = 5 * 60_000;
/** A passkey outlives the session that adds it, so someone at an unattended browser must not be able to. */
export const freshMs = 3_600_000;
const mostPasskeys = 20;
/** Ed25519, ES256 and RS256: what devices make. */
const algorithms = [-8, -7, -257];

type Person = Caller & { userId: string; signInId: string };

/** Only now: most requests need none of it. */
const webAuthn = () => import('@simplewebauthn/server');

/** Where browsers use it: a passkey of one host does not work at another. */
function site({ config }: Context): { id: string; origin: string } {
  const { hostname, origin } = new URL(config.publicUrl);
  return { id: hostname, origin };
}

/** Of a session that was handed over only those like it. */
const own = (ctx: Context, { userId, isFixed, tenantId }: Caller): Promise<Passkey[]> =>
  userId === null ? Promise.resolve([]) : listPasskeys(ctx.store, userId, isFixed ? tenantId : undefined);

/** Empty for a caller that is not a person. */
export async function passkeysOf(ctx: Context, caller: Caller): Promise<PasskeysAnswer> {
  const passkeys = (await own(ctx, caller)).map(viewPasskey);
  return { passkeys, mayAdd: await isFresh(ctx, caller) };
}

function viewPasskey({ id, name, createdAt, lastUsedAt }: Passkey): PasskeyView {
  return { id, name, createdAt: iso(createdAt), lastUsedAt: iso(lastUsedAt) };
}

/** Not a session that ends with an API key: its passkey would not. */
async function isFresh(ctx: Context, caller: Caller): Promise<boolean> {
  if (caller.viewing || caller.keyId !== null) return false;
  const signIn = (await ownSignIns(ctx, caller)).find(({ id }) => id === caller.signInId);
  return signIn !== undefined && ctx.now() - signIn.createdAt < freshMs;
}

async function demandFresh(ctx: Context, caller: Caller): Promise<void> {
  if (await isFresh(ctx, caller)) return;
  throw new ApiError('forbidden', {
    detail: 'A passkey can be added within an hour of signing in. Sign out, sign in again, and add it then.',
  });
}

/** What the browser is asked for when a passkey is added. @throws ApiError `forbidden`, `conflict` */
export async function beginPasskey(ctx: Context, caller: Person): Promise<{ challenge: string }> {
  await demandFresh(ctx, caller);
  const user = await findUser(ctx.store, caller.userId);
  if (!user) throw new ApiError('unauthorized');
  const known = await listPasskeys(ctx.store, caller.userId, undefined);
  demandRoom(known);
  const { generateRegistrationOptions } = await webAuthn();
  const { id: rpID } = site(ctx);
  const options = await generateRegistrationOptions({
    ...{ rpID, rpName: rpID, userName: user.email, userDisplayName: user.name || user.email },
    userID: new TextEncoder().encode(user.id),
    timeout: challengeLifeMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: known.map(({ credentialId, transports }) => ({
      id: credentialId,
      transports: transports.split(',').filter((each) => each !== ''),
    })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  const now = ctx.now();
  const attempt = { holder: caller.signInId, kind: 'passkey-add', secret: options.challenge };
  await putAttempt(ctx.store, { ...attempt, expiresAt: now + challengeLifeMs }, now);
  return options;
}

function demandRoom(known: Passkey[]): void {
  if (known.length >= mostPasskeys) throw conflict(`At most ${mostPasskeys} passkeys. Remove one first.`);
}

/** @throws ApiError `forbidden`; `conflict` when it is not what was asked for, too late, or known already */
export async function addPasskey(
  ctx: Context,
  caller: Person,
  { name, response }: AddPasskey,
  by: Actor,
): Promise<PasskeyView> {
  await demandFresh(ctx, caller);
  const now = ctx.now();
  const challenge = await takeAttempt(ctx.store, { holder: caller.signInId, kind: 'passkey-add' }, now);
  const refused = () => conflict('The passkey was not accepted, or too late. Try again.');
  if (challenge === null) throw refused();
  const { verifyRegistrationResponse } = await webAuthn();
  const { id: expectedRPID, origin: expectedOrigin } = site(ctx);
  const { registrationInfo } = await verifyRegistrationResponse({
    response: response as Parameters<typeof verifyRegistrationResponse>[0]['response'],
    expectedChallenge: challenge,
    ...{ expectedOrigin, expectedRPID, requireUserVerification: true },
  }).catch(() => ({ registrationInfo: undefined }));
  if (!registrationInfo) throw refused();
  const { credential } = registrationInfo;
  const passkey: Passkey = {
    id: `psk_${randomBytes(12).toString('base64url')}`,
    userId: caller.userId,
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: response.response.transports.join(','),
    name: name || 'Passkey',
    tenantId: caller.isFixed ? caller.tenantId : null,
    isFixed: caller.isFixed ? 1 : 0,
    createdAt: now,
    lastUsedAt: null,
  };
  await ctx.store.transaction().execute(async (db) => {
    // Of two at once, the second sees the first's; a person who was removed meanwhile gets none.
    if (!(await lockUser(db, 'id', caller.userId))) throw refused();
    demandRoom(await listPasskeys(db, caller.userId, undefined));
    if (!(await insertPasskey(db, passkey))) throw refused();
    const after = { id: passkey.id, name: passkey.name };
    await recordChange(db, { ...by, action: 'passkey.create', tenant: null, before: null, after }, now);
  });
  return viewPasskey(passkey);
}

/** @throws ApiError `not_found` for one that is not the caller's */
async function ownPasskey(ctx: Context, caller: Caller, id: string): Promise<Passkey> {
  const found = (await own(ctx, caller)).find((passkey) => passkey.id === id);
  if (!found) throw new ApiError('not_found');
  return found;
}

/** @throws ApiError `not_found` */
export async function nameOwnPasskey(ctx: Context, caller: Caller, id: string, name: string, by: Actor) {
  const found = await ownPasskey(ctx, caller, id);
  await ctx.store.transaction().execute(async (db) => {
    if (!(await renamePasskey(db, id, name || 'Passkey'))) throw new ApiError('not_found');
    const change = { before: { id, name: found.name }, after: { id, name: name || 'Passkey' } };
    await recordChange(db, { ...by, action: 'passkey.rename', tenant: null, ...change }, ctx.now());
  });
}

/** Sessions that began with it stay. @throws ApiError `not_found` */
export async function removeOwnPasskey(ctx: Context, caller: Caller, id: string, by: Actor): Promise<void> {
  const { name } = await ownPasskey(ctx, caller, id);
  await ctx.store.transaction().execute(async (db) => {
    if (!(await deletePasskey(db, id))) throw new ApiError('not_found');
    const change = { action: 'passkey.delete', tenant: null, before: { id, name }, after: null };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
}

/** What any browser is asked for: it names no person and no passkey, so that it says nothing about who exists. */
export async function beginPasskeySignIn(
  ctx: Context,
): Promise<{ cookie: string; options: { challenge: string } }> {
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    ...{ rpID: site(ctx).id, userVerification: 'required', timeout: challengeLifeMs },
  });
  const now = ctx.now();
  const { token: cookie, hash } = newToken();
  const attempt = { holder: hash, kind: 'passkey', secret: options.challenge };
  await putAttempt(ctx.store, { ...attempt, expiresAt: now + challengeLifeMs }, now);
  return { cookie, options };
}

/**
 * @param cookie of the browser that was asked
 * @returns null when it does not work, for whatever reason
 */
export async function signInWithPasskey(
  ctx: Context,
  cookie: string,
  { response }: PasskeySignIn,
  browser: { requestId: string; userAgent: string | undefined },
): Promise<SignedIn | null> {
  const now = ctx.now();
  const challenge = await takeAttempt(ctx.store, { holder: hashOf(cookie), kind: 'passkey' }, now);
  if (challenge === null) return null;
  const passkey = await findPasskey(ctx.store, response.id);
  if (!passkey || !isTheirs(passkey, response.response.userHandle)) return null;
  const newCounter = await verifiedCounter(ctx, passkey, challenge, response);
  if (newCounter === null) return null;
  return ctx.store.transaction().execute(async (db) => {
    if (!(await usePasskey(db, passkey, newCounter, now))) return null;
    const { userId, isFixed, tenantId } = passkey;
    const user = await findUser(db, userId);
    const places = (await listPlaces(db, userId)).filter(
      (place) => isFixed === 0 || place.tenantId === tenantId,
    );
    const [first] = places;
    if (!user || user.disabledAt !== null || !first) return null;
    const how = { userId, isFixed, keyId: null, tenantId: first.tenantId, by: { passkey: passkey.id } };
    return { ...(await begin(ctx, db, { ...how, ...browser })), mayChoose: places.length > 1 };
  });
}

function isTheirs({ userId }: Passkey, userHandle: string | null | undefined): boolean {
  return !userHandle || Buffer.from(userHandle, 'base64url').toString() === userId;
}

/** @returns the authenticator's counter; null when the signature is not of this passkey, challenge and site */
async function verifiedCounter(
  ctx: Context,
  { credentialId, publicKey, counter }: Passkey,
  challenge: string,
  response: PasskeySignIn['response'],
): Promise<number | null> {
  const { verifyAuthenticationResponse } = await webAuthn();
  const { id: expectedRPID, origin: expectedOrigin } = site(ctx);
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as Parameters<typeof verifyAuthenticationResponse>[0]['response'],
      expectedChallenge: challenge,
      ...{ expectedOrigin, expectedRPID, requireUserVerification: true },
      credential: {
        id: credentialId,
        publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
        counter,
      },
    });
    return verified ? authenticationInfo.newCounter : null;
  } catch {
    return null;
  }
}
