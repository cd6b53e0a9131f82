/** What an organization has at Vapi, by name. */
import { z } from 'zod';
import { askVapi } from './sdk.ts';
import { VapiError } from './vapi-api.ts';

export interface NamedAtVapi {
  id: string;
  name: string | null;
}

export interface OrgAtVapi {
  /** Null when nothing names it: the organization is empty. */
  orgId: string | null;
  assistants: NamedAtVapi[];
  squads: (NamedAtVapi & { assistantIds: string[] })[];
  phoneNumbers: (NamedAtVapi & {
    number: string | null;
    assistantId: string | null;
    squadId: string | null;
  })[];
}

const named = z.object({ id: z.string(), orgId: z.string(), name: z.string().nullish() });
const squadSchema = named.extend({ members: z.array(z.looseObject({ assistantId: z.string().nullish() })) });
const numberSchema = named.extend({
  number: z.string().nullish(),
  assistantId: z.string().nullish(),
  squadId: z.string().nullish(),
});

/** Vapi's limit for one answer. */
const limit = 1000;

/**
 * Reads and changes nothing. An entry that cannot be read does not hide the others.
 * @throws VapiError
 */
export async function lookAtOrg(baseUrl: string, privateKey: string): Promise<OrgAtVapi> {
  const [assistants, squads, numbers] = await Promise.all([
    askVapi(baseUrl, privateKey, (client) => client.assistants.list({ limit })),
    askVapi(baseUrl, privateKey, (client) => client.squads.list({ limit })),
    askVapi(baseUrl, privateKey, (client) => client.phoneNumbers.list({ limit })),
  ]);
  const found = {
    assistants: entries(named, assistants),
    squads: entries(squadSchema, squads),
    numbers: entries(numberSchema, numbers),
  };
  const [first] = [...found.assistants, ...found.squads, ...found.numbers];
  return {
    orgId: first?.orgId ?? null,
    assistants: byName(found.assistants.map(view)),
    squads: byName(
      found.squads.map((squad) => ({
        ...view(squad),
        assistantIds: squad.members.flatMap(({ assistantId }) => assistantId ?? []),
      })),
    ),
    phoneNumbers: byName(
      found.numbers.map((one) => ({
        ...view(one),
        number: one.number ?? null,
        assistantId: one.assistantId ?? null,
        squadId: one.squadId ?? null,
      })),
    ),
  };
}

function entries<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.infer<Schema>[] {
  if (!Array.isArray(answer)) throw new VapiError('Vapi answered in an unexpected form');
  return answer.flatMap((entry) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

const view = ({ id, name }: z.infer<typeof named>): NamedAtVapi => ({ id, name: name || null });

/** A fixed order, independent of Vapi's; entries without a name come last. */
function byName<Entry extends NamedAtVapi>(list: Entry[]): Entry[] {
  const key = ({ id, name }: Entry) => `${name === null ? 1 : 0}${name?.toLowerCase() ?? ''}\0${id}`;
  return list.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
