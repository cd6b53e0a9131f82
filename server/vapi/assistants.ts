/** Saved assistants and squads at Vapi (vapi-facts 7). */
import type { Vapi } from '@vapi-ai/server-sdk';
import { z } from 'zod';
import { askVapi } from './sdk.ts';
import { VapiError } from './vapi-api.ts';
import type { VapiClock } from './vapi-clock.ts';

/** Where Vapi sends an assistant's messages. Fields that we do not name are kept as they are. */
export const serverSchema = z.looseObject({
  url: z.string().nullish(),
  headers: z.record(z.string(), z.unknown()).nullish(),
  /** Not in today's types, but still sent by Vapi's own repositories (vapi-facts 3.7). */
  secret: z.string().nullish(),
  credentialId: z.string().nullish(),
  timeoutSeconds: z.number().nullish(),
  backoffPlan: z.looseObject({ maxRetries: z.number().nullish() }).nullish(),
  encryptedPaths: z.array(z.string()).nullish(),
});
export type VapiServer = z.infer<typeof serverSchema>;

const assistantSchema = z.looseObject({
  id: z.string(),
  orgId: z.string(),
  name: z.string().nullish(),
  server: serverSchema.nullish(),
  serverMessages: z.array(z.string()).nullish(),
  /** The current version; null while the organization's assistants have none. */
  latestVersion: z.string().nullish(),
});
export type SavedAssistant = z.infer<typeof assistantSchema>;

const withServer = z.looseObject({ server: z.unknown() }).nullish();
const squadSchema = z.looseObject({
  orgId: z.string(),
  name: z.string().nullish(),
  members: z.array(z.looseObject({ assistantId: z.string().nullish(), assistantOverrides: withServer })),
  membersOverrides: withServer,
});

/** The parts of a squad that matter for wiring. */
export interface SavedSquad {
  orgId: string;
  name: string | null;
  /** Its saved members, in order. */
  assistantIds: string[];
  /** Members that exist only inside the squad: they cannot be wired. */
  unsavedMembers: number;
  /** The squad sends messages elsewhere, whatever its assistants say. */
  overridesServer: boolean;
}

/**
 * @param look receives the answer's head, good or bad
 * @throws VapiError
 */
export async function getAssistant(
  baseUrl: string,
  privateKey: string,
  id: string,
  look?: VapiClock['look'],
): Promise<SavedAssistant> {
  const answer = await askVapi(baseUrl, privateKey, (client) => client.assistants.get({ id }), look);
  return read(assistantSchema, answer);
}

const versionSchema = z.looseObject({
  assistantId: z.string(),
  version: z.string(),
  server: serverSchema.nullish(),
  serverMessages: z.array(z.string()).nullish(),
});

/**
 * An assistant as calls use it: its current version, if it has versions, regardless of drafts. If that version cannot be
 * read, the assistant as Vapi shows it.
 * @throws VapiError
 */
export async function getAssistantInUse(
  baseUrl: string,
  privateKey: string,
  id: string,
): Promise<SavedAssistant> {
  const assistant = await getAssistant(baseUrl, privateKey, id);
  const { latestVersion } = assistant;
  if (!latestVersion) return assistant;
  const path = `/assistant/${encodeURIComponent(id)}/versions/${encodeURIComponent(latestVersion)}`;
  const answer = await askVapi(baseUrl, privateKey, async (client) => {
    const response = await client.fetch(`${baseUrl}${path}`);
    return (await response.json().catch(() => null)) as unknown;
  });
  const version = versionSchema.safeParse(answer).data;
  if (version?.assistantId !== id || version.version !== latestVersion) return assistant;
  return { ...assistant, server: version.server ?? null, serverMessages: version.serverMessages ?? null };
}

/** Vapi's limit for one answer; we know of no org with more than a thousand assistants. */
const mostListed = 1000;

/**
 * All of the org. One that cannot be read does not hide the others.
 * @throws VapiError
 */
export async function listAssistants(baseUrl: string, privateKey: string): Promise<SavedAssistant[]> {
  const answer = await askVapi(baseUrl, privateKey, (client) =>
    client.assistants.list({ limit: mostListed }),
  );
  return read(z.array(z.unknown()), answer).flatMap((entry) => assistantSchema.safeParse(entry).data ?? []);
}

/** @throws VapiError */
export async function getSquad(
  baseUrl: string,
  privateKey: string,
  id: string,
  look?: VapiClock['look'],
): Promise<SavedSquad> {
  const answer = await askVapi(baseUrl, privateKey, (client) => client.squads.get({ id }), look);
  const { orgId, name, members, membersOverrides } = read(squadSchema, answer);
  const assistantIds = members.flatMap(({ assistantId }) => assistantId ?? []);
  return {
    orgId,
    name: name ?? null,
    assistantIds,
    unsavedMembers: members.length - assistantIds.length,
    overridesServer: [membersOverrides, ...members.map((member) => member.assistantOverrides)].some(
      (overrides) => overrides?.server != null,
    ),
  };
}

/** What an id is: an assistant as Vapi shows it, or a squad. */
export type Callee = { assistant: SavedAssistant } | { squad: SavedSquad };

/**
 * @param ask how an assistant is read
 * @param look receives the answers' heads, good or bad
 * @throws VapiError also when it is neither
 */
export async function getCallee(
  baseUrl: string,
  privateKey: string,
  id: string,
  ask: typeof getAssistant,
  look?: VapiClock['look'],
): Promise<Callee> {
  try {
    return { assistant: await ask(baseUrl, privateKey, id, look) };
  } catch (error) {
    if (!(error instanceof VapiError) || error.status !== 404) throw error;
  }
  return { squad: await getSquad(baseUrl, privateKey, id, look) };
}

/**
 * Replaces these fields; all others stay. A PATCH replaces a top-level field as a whole, so `server` must be complete.
 * @param fields `server` null = the assistant no longer has its own server
 * @throws VapiError
 */
export async function setAssistantServer(
  baseUrl: string,
  privateKey: string,
  id: string,
  fields: { server: VapiServer | null; serverMessages?: string[] },
): Promise<void> {
  const update = { id, ...fields } as unknown as Vapi.UpdateAssistantDto;
  await askVapi(baseUrl, privateKey, (client) => client.assistants.update(update));
}

function read<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new VapiError('Vapi answered in an unexpected form');
  return parsed.data;
}
