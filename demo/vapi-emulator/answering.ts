/** Which assistant answers a call: a saved one in some version, one made up for the call, or a squad's first member. */
import { notFound, Refusal } from './errors.ts';
import type { Overrides, WebCallBody } from './shapes.ts';
import type { EmulatorOrg, EmulatorSquad, Json } from './types.ts';
import { usedVersion } from './versions.ts';
import type { StoredAssistant, World } from './world.ts';

export interface Answering {
  stored: StoredAssistant | undefined;
  /** The assistant is named by the body itself, not by a squad. */
  direct: boolean;
  /** As reports name it: null for squads, inline assistants and orgs without versions. */
  version: string | null;
  /** With all overrides merged in. */
  assistant: Json;
  /** Those in the body. */
  overrides: Overrides;
}

export function findAssistant(world: World, org: EmulatorOrg, id: string): StoredAssistant {
  const stored = world.assistants.get(id);
  if (stored === undefined || stored.orgId !== org.orgId)
    throw new Refusal(
      404,
      `Couldn't get assistant ${id}. It doesn't exist or belongs to another organization.`,
    );
  return stored;
}

export function findSquad(world: World, org: EmulatorOrg, id: string): Omit<EmulatorSquad, 'id'> {
  const squad = world.squads.get(id);
  if (squad === undefined || squad.orgId !== org.orgId) throw notFound('Squad', id);
  return squad.fields;
}

const timesOf = ({ createdAt, updatedAt }: StoredAssistant) => ({
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(updatedAt).toISOString(),
});

/** The overrides that are an assistant's settings; values and further tools are not. */
const settingsOf = ({ variableValues, 'tools:append': _, ...settings }: Overrides = {}): Json => settings;

interface Named {
  assistantId?: string | null | undefined;
  assistant?: Json | undefined;
  assistantVersion?: string | null | undefined;
}

function answeringOf(world: World, org: EmulatorOrg, { assistantId, assistant, assistantVersion }: Named) {
  const stored = assistantId == null ? undefined : findAssistant(world, org, assistantId);
  const used = usedVersion(world, stored, assistantVersion ?? null);
  const fields = {
    ...(stored === undefined ? {} : { id: stored.id, orgId: org.orgId, ...timesOf(stored) }),
    ...(used?.fields ?? assistant),
  };
  return { stored, version: used?.version ?? null, fields };
}

/** Throws 400 for an assistant beside a squad. A guess: the types allow both, and no source says which would answer. */
export function requireOneCallee(
  body: Partial<Record<'assistantId' | 'assistant' | 'squadId' | 'squad', unknown>>,
): void {
  if ((body.assistantId ?? body.assistant) != null && (body.squadId ?? body.squad) != null)
    throw new Refusal(400, 'Provide either an assistant or a squad, not both.');
}

/** Throws 400 when no one is named, 404 for an assistant, version or squad that the org does not have. */
export function whoAnswers(world: World, org: EmulatorOrg, body: WebCallBody): Answering {
  requireOneCallee(body);
  if ((body.assistantId ?? body.assistant) !== undefined) {
    const { stored, version, fields } = answeringOf(world, org, body);
    const overrides = body.assistantOverrides ?? {};
    return { stored, direct: true, version, assistant: { ...fields, ...settingsOf(overrides) }, overrides };
  }
  if ((body.squadId ?? body.squad) === undefined)
    throw new Refusal(400, 'Need either `assistantId`, `assistant`, `squadId`, or `squad`.');
  if (body.assistantVersion != null)
    throw new Refusal(400, '`assistantVersion` is supported only with `assistantId`.');
  const squad = body.squadId === undefined ? body.squad : findSquad(world, org, body.squadId);
  const [first] = squad?.members ?? [];
  if (first === undefined) throw new Refusal(400, 'squad.members should not be empty');
  const { stored, fields } = answeringOf(world, org, first as Named);
  const overrides = body.squadOverrides ?? {};
  const assistant = {
    ...fields,
    ...settingsOf(first.assistantOverrides as Overrides | undefined),
    ...settingsOf(squad?.membersOverrides as Overrides | undefined),
    ...settingsOf(overrides),
  };
  return { stored, direct: false, version: null, assistant, overrides };
}
