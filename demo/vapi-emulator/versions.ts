/**
 * Saved assistants and their versions. Vapi documents versions, drafts, pinning and restoring; not what a `PATCH` does in an org
 * with versions, so a switch (`assistantEdits`) decides.
 */
import { createHash, randomUUID } from 'node:crypto';
import { notFound, Refusal } from './errors.ts';
import type { Json } from './types.ts';
import { changed, type StoredAssistant, tick, type World } from './world.ts';

export interface Version {
  /** `v1` and up. */
  version: string;
  fields: Json;
  createdAt: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const onVersions = (world: World): boolean => world.switches.assistantEdits !== 'in-place';
const currentLabel = ({ earlier }: StoredAssistant): string => `v${earlier.length + 1}`;

/** What `GET /assistant/:id` shows: the current version. */
export function viewOf(world: World, stored: StoredAssistant, fields = stored.fields): Json {
  return {
    id: stored.id,
    orgId: stored.orgId,
    ...fields,
    latestVersion: onVersions(world) ? currentLabel(stored) : null,
    createdAt: iso(stored.createdAt),
    updatedAt: iso(stored.updatedAt),
  };
}

/** Oldest first; none while the org has no versions. */
export function versionsOf(world: World, stored: StoredAssistant): Version[] {
  if (!onVersions(world)) return [];
  const current = { fields: stored.fields, createdAt: stored.publishedAt };
  return [...stored.earlier, current].map((one, index) => ({ version: `v${index + 1}`, ...one }));
}

/** Throws 404 for a version that the assistant does not have. */
export function findVersion(world: World, stored: StoredAssistant, version: string): Version {
  const found = versionsOf(world, stored).find((one) => one.version === version);
  if (found === undefined) throw notFound(`Version ${version} of assistant`, stored.id);
  return found;
}

/** The version that a call uses: the pinned one or the current one. Throws 400 for a pin without a saved assistant. */
export function usedVersion(
  world: World,
  stored: StoredAssistant | undefined,
  pinned: string | null,
): { version: string | null; fields: Json } | undefined {
  if (stored === undefined) {
    if (pinned !== null) throw new Refusal(400, '`assistantVersion` is supported only with `assistantId`.');
    return undefined;
  }
  if (pinned !== null) return findVersion(world, stored, pinned);
  return { version: onVersions(world) ? currentLabel(stored) : null, fields: stored.fields };
}

export const versionView = (stored: StoredAssistant, { version, fields, createdAt }: Version): Json => ({
  ...fields,
  id: versionId(stored.id, version),
  orgId: stored.orgId,
  assistantId: stored.id,
  version,
  configHash: hashOf(fields),
  parentVersion: version === 'v1' ? null : `v${Number(version.slice(1)) - 1}`,
  createdBy: null,
  createdAt: iso(createdAt),
});

const hashOf = (fields: Json): string => createHash('sha256').update(JSON.stringify(fields)).digest('hex');

/** The same at every request: the assistant's id with the version's number at its end. */
const versionId = (assistantId: string, version: string): string =>
  assistantId.slice(0, 24) + version.slice(1).padStart(12, '0');

/** The draft, if there is one: the emulator has only one user. */
export function draftsOf(world: World, stored: StoredAssistant): Json[] {
  const { draft } = stored;
  if (draft === undefined || !onVersions(world)) return [];
  return [
    {
      ...draft.fields,
      id: draft.id,
      orgId: stored.orgId,
      assistantId: stored.id,
      baseVersion: currentLabel(stored),
      createdBy: null,
      createdAt: iso(draft.createdAt),
      updatedAt: iso(draft.updatedAt),
    },
  ];
}

/** Makes these fields the current version, unless they already are. */
export function publish(world: World, stored: StoredAssistant, fields: Json): void {
  if (hashOf(fields) === hashOf(stored.fields)) return;
  stored.earlier.push({ fields: stored.fields, createdAt: stored.publishedAt });
  stored.fields = structuredClone(fields);
  stored.publishedAt = tick(world);
  stored.updatedAt = stored.publishedAt;
  changed(world);
}

/** As a person does in the dashboard. Throws 404 when there is no assistant or no draft of it. */
export function publishDraft(world: World, assistantId: string): StoredAssistant {
  const stored = world.assistants.get(assistantId);
  if (stored?.draft === undefined) throw notFound('Draft of assistant', assistantId);
  publish(world, stored, stored.draft.fields);
  stored.draft = undefined;
  return stored;
}

/** A `PATCH`: each given top-level field is replaced as a whole. The answer shows what was edited, published or not. */
export function editAssistant(world: World, stored: StoredAssistant, changes: Json): Json {
  switch (world.switches.assistantEdits) {
    case 'in-place':
      Object.assign(stored.fields, changes);
      stored.updatedAt = tick(world);
      return viewOf(world, stored);
    case 'publishes':
      publish(world, stored, { ...stored.fields, ...changes });
      return viewOf(world, stored);
    case 'edits-a-draft': {
      const now = tick(world);
      const before = stored.draft ?? { id: randomUUID(), fields: stored.fields, createdAt: now };
      const fields = structuredClone({ ...before.fields, ...changes });
      stored.draft = { ...before, fields, updatedAt: now };
      return viewOf(world, stored, fields);
    }
    case 'conflicts':
      throw new Refusal(409, `Assistant ${stored.id} has a draft that is not published.`);
  }
}
