/** `/phone-number`: free US numbers of the service, numbers imported from a carrier, and what answers a call to one. */
import { Router } from 'express';
import { findAssistant, findSquad } from '../answering.ts';
import { requirePrivate } from '../auth.ts';
import { notFound, Refusal } from '../errors.ts';
import { parseNewNumber, parseNumberChange } from '../phone-shapes.ts';
import { listSchema, parse, requireUuid } from '../shapes.ts';
import type { EmulatorOrg, Json } from '../types.ts';
import { addPhoneNumber, type StoredPhoneNumber, tick, type World } from '../world.ts';
import { passesTimes } from './lists.ts';

/** Of the service's own numbers, in one account. */
const mostFreeNumbers = 5;

const viewOf = ({ id, orgId, createdAt, updatedAt, provider, fields }: StoredPhoneNumber): Json => ({
  id,
  orgId,
  provider,
  ...fields,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});

export function phoneNumberRoutes(world: World): Router {
  const router = Router();
  const numbersOf = (org: EmulatorOrg): StoredPhoneNumber[] =>
    [...world.phoneNumbers.values()].filter(({ orgId }) => orgId === org.orgId);
  const own = (org: EmulatorOrg, id: string): StoredPhoneNumber => {
    const stored = world.phoneNumbers.get(requireUuid(id));
    if (stored === undefined || stored.orgId !== org.orgId) throw notFound('Phone number', id);
    return stored;
  };

  router.get('/phone-number', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const query = parse(listSchema, request.query);
    const found = numbersOf(org)
      .filter((stored) => passesTimes(stored, query))
      .sort((a, b) => b.createdAt - a.createdAt);
    response.json(found.slice(0, query.limit).map(viewOf));
  });

  router.post('/phone-number', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const wish = parseNewNumber(request.body);
    requireKnown(world, org, wish);
    const others = numbersOf(org);
    if (wish.provider === 'vapi' && wish.sipUri === undefined) {
      if (others.filter(isFree).length >= mostFreeNumbers)
        throw new Refusal(400, `You have reached the limit of ${mostFreeNumbers} free Vapi numbers.`);
      wish.number = freeNumber(others, String(wish.numberDesiredAreaCode ?? 415));
    } else requireNew(others, wish);
    const stored = addPhoneNumber(world, org.orgId, {
      ...withoutNulls(wish),
      provider: wish.provider,
      status: world.switches.newPhoneNumberStatus,
    });
    response.status(201).json(viewOf(stored));
  });

  router.get('/phone-number/:id', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    response.json(viewOf(own(org, request.params.id)));
  });

  router.patch('/phone-number/:id', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const stored = own(org, request.params.id);
    const change = parseNumberChange(stored.provider, request.body, stored.fields);
    requireKnown(world, org, change);
    requireNew(
      numbersOf(org).filter((other) => other !== stored),
      change,
    );
    stored.fields = withoutNulls({ ...stored.fields, ...change });
    stored.updatedAt = tick(world);
    response.json(viewOf(stored));
  });

  router.delete('/phone-number/:id', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const stored = own(org, request.params.id);
    world.phoneNumbers.delete(stored.id);
    response.json(viewOf(stored));
  });

  return router;
}

/** A `null` removes the field. */
const withoutNulls = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

const isFree = ({ provider, fields }: StoredPhoneNumber): boolean =>
  provider === 'vapi' && fields.sipUri === undefined;

/** Fictitious by the numbering plan: exchange 555, the last two digits free. */
function freeNumber(others: StoredPhoneNumber[], areaCode: string): string {
  for (let line = 100; ; line += 1) {
    const number = `+1${areaCode}5550${line}`;
    if (!others.some(({ fields }) => fields.number === number)) return number;
  }
}

/** Refuses what answers or pays for the number when the org does not have it. */
function requireKnown(world: World, org: EmulatorOrg, { assistantId, squadId, credentialId }: Json): void {
  if (typeof assistantId === 'string') findAssistant(world, org, assistantId);
  if (typeof squadId === 'string') findSquad(world, org, squadId);
  if (credentialId !== undefined && !org.credentials?.some(({ id }) => id === credentialId))
    throw new Refusal(400, `Couldn't get credential ${String(credentialId)}.`);
}

function requireNew(others: StoredPhoneNumber[], { number, sipUri }: Json): void {
  const twin = others.find(
    ({ fields }) =>
      (number !== undefined && fields.number === number) ||
      (sipUri !== undefined && fields.sipUri === sipUri),
  );
  if (twin !== undefined)
    throw new Refusal(400, `Existing phone number ${twin.id} has the same number or SIP URI.`);
}
