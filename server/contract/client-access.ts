/**
 * What the operator lets a client see and do of its own: one table, which the server enforces, the portal follows
 * (`GET /v1/me`) and the HTTP reference prints. The operator always sees everything.
 */
import { z } from 'zod';

/** `GET /v1/tenants/{slug}/calls`: method and path as in `/openapi.json`. */
export type ClientRoute = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /v1/${string}`;

export interface ClientSwitch {
  /** In words, after "shows" or "permits". */
  what: string;
  /** While neither the client's settings nor the agency's default say otherwise. */
  initially: boolean;
  /** Not found for the client while it is off. */
  operations?: readonly ClientRoute[];
  /** Left out of answers while it is off: `calls[].priceMicros`. */
  fields?: Partial<Record<ClientRoute, readonly string[]>>;
  /** Those whose form as `text/csv` is not found while it is off. */
  csv?: readonly ClientRoute[];
}

const tenant = '/v1/tenants/{slug}';
const lineCalls = `GET ${tenant}/invoices/{id}/lines/{no}/calls` as const;
const ownSettings = `GET ${tenant}/own-settings` as const;
const changeOwnSettings = `PATCH ${tenant}/own-settings` as const;
const ownField = (name: string) => ({ [ownSettings]: [name], [changeOwnSettings]: [name] });

/**
 * What a client could do before there were switches is on, and so is what only people in the client's role `admin` can do,
 * whom the operator has invited; its websites and its callers' data wait for the operator.
 */
export const clientSwitches = {
  recordings: {
    what: 'recordings of calls',
    initially: true,
    operations: [`GET ${tenant}/calls/{id}/recording`],
    fields: { [`GET ${tenant}/calls/{id}/transcript`]: ['recording', 'recordingState'] },
  },
  transcripts: {
    what: 'what was said in calls, and who the visitors were if their site has signed it',
    initially: true,
    operations: [`GET ${tenant}/calls/{id}/transcript`, `POST ${tenant}/callers/export`],
    fields: { [`GET ${tenant}/calls/{id}`]: ['identity'] },
  },
  callPrices: {
    what: 'the price of each call, also in the annex of an invoice',
    initially: true,
    operations: [lineCalls],
    fields: {
      [`GET ${tenant}/calls`]: ['calls[].priceMicros'],
      [`GET ${tenant}/calls/{id}`]: ['priceMicros'],
    },
  },
  invoices: {
    what: 'plan, bill so far, invoices, prepaid credit and its wallet',
    initially: true,
    operations: [
      `GET ${tenant}/plan`,
      `GET ${tenant}/preview`,
      `GET ${tenant}/credits`,
      `GET ${tenant}/wallet`,
      `GET ${tenant}/wallet/entries`,
      `GET ${tenant}/invoices`,
      `GET ${tenant}/invoices/{id}`,
      `GET ${tenant}/invoices/{id}/payment-page`,
      `GET ${tenant}/invoices/{id}/e-invoice`,
      `GET ${tenant}/invoices/{id}/pdf`,
      lineCalls,
    ],
  },
  exports: {
    what: 'lists as CSV files',
    initially: true,
    csv: [
      `GET ${tenant}/usage`,
      `GET ${tenant}/calls`,
      `GET ${tenant}/leads`,
      `GET ${tenant}/outcomes`,
      `GET ${tenant}/invoices`,
      `GET ${tenant}/wallet/entries`,
      lineCalls,
    ],
  },
  results: {
    what: 'what calls achieved: summaries, evaluations, the outputs that are chosen for it, and counted outcomes',
    initially: false,
    operations: [`GET ${tenant}/outcomes`],
    fields: {
      [`GET ${tenant}/calls`]: ['calls[].success', 'calls[].latency', 'calls[].language', 'calls[].outcome'],
      [`GET ${tenant}/calls/{id}`]: ['results', 'success', 'latency', 'language', 'outcome', 'judgedBy'],
    },
  },
  leads: {
    what: 'the leads that its visitors left, and working on them',
    initially: false,
    operations: [`GET ${tenant}/leads`, `PATCH ${tenant}/leads/{id}`, `DELETE ${tenant}/leads/{id}`],
    fields: { [`POST ${tenant}/callers/find`]: ['leads'] },
  },
  hours: { what: 'its opening hours, and changing them', initially: true, fields: ownField('hours') },
  texts: {
    what: 'its greeting and other texts, and changing them',
    initially: true,
    fields: ownField('texts'),
  },
  origins: { what: 'its websites, and changing them', initially: false, fields: ownField('allowedOrigins') },
  privacy: {
    what: 'a caller’s data across its calls, exporting and erasing them, and who has read or heard which call',
    initially: false,
    operations: [
      `GET ${tenant}/call-reads`,
      `POST ${tenant}/callers/find`,
      `POST ${tenant}/callers/export`,
      `POST ${tenant}/callers/erase`,
    ],
  },
  people: {
    what: 'the people who may sign in for it, and inviting them',
    initially: true,
    operations: [
      `GET ${tenant}/users`,
      `PATCH ${tenant}/users/{id}`,
      `DELETE ${tenant}/users/{id}`,
      `GET ${tenant}/invitations`,
      `POST ${tenant}/invitations`,
      `POST ${tenant}/invitations/{id}/resend`,
      `DELETE ${tenant}/invitations/{id}`,
    ],
  },
} as const satisfies Record<string, ClientSwitch>;

export type ClientSwitchName = keyof typeof clientSwitches;
export const clientSwitchNames = Object.keys(clientSwitches) as ClientSwitchName[];

/** Open to each client, whatever its switches. Any operation that is neither here nor above is not found for a client. */
export const alwaysForClients: readonly ClientRoute[] = [
  'GET /v1/me',
  'POST /v1/sign-out',
  'GET /v1/me/sessions',
  'DELETE /v1/me/sessions',
  'DELETE /v1/me/sessions/{id}',
  'GET /v1/me/passkeys',
  'POST /v1/me/passkeys',
  'POST /v1/me/passkeys/options',
  'PATCH /v1/me/passkeys/{id}',
  'DELETE /v1/me/passkeys/{id}',
  'POST /v1/me/place',
  'DELETE /v1/me/view',
  `GET ${tenant}/usage`,
  `GET ${tenant}/calls`,
  `GET ${tenant}/calls/{id}`,
  `GET ${tenant}/snippet`,
  // Each of their fields has a switch.
  ownSettings,
  changeOwnSettings,
];

/** Whether each is on. */
export type ClientAccess = Record<ClientSwitchName, boolean>;

const eachOf = <Schema extends z.ZodType>(schema: (name: ClientSwitchName) => Schema) =>
  Object.fromEntries(clientSwitchNames.map((name) => [name, schema(name)])) as Record<
    ClientSwitchName,
    Schema
  >;
const text = (name: ClientSwitchName) =>
  `Shows the client ${clientSwitches[name].what}; initially ${clientSwitches[name].initially ? 'on' : 'off'}.`;

/** Every switch: as it is. */
export const clientAccessSchema = z.object(eachOf((name) => z.boolean().describe(text(name))));
/** Some switches. */
export const chosenClientAccessSchema = z
  .strictObject(eachOf((name) => z.boolean().describe(text(name))))
  .partial();
export type ChosenClientAccess = z.infer<typeof chosenClientAccessSchema>;
/** Some switches; null follows the default again. */
export const changeClientAccessSchema = z
  .strictObject(eachOf((name) => z.boolean().nullable().describe(text(name))))
  .partial();
export type ChangeClientAccess = z.infer<typeof changeClientAccessSchema>;

/** @param agency the agency's default; what it leaves open too is as the table above has it */
export function clientAccessOf(agency: ChosenClientAccess, client: ChosenClientAccess = {}): ClientAccess {
  return Object.fromEntries(
    clientSwitchNames.map((name) => [name, client[name] ?? agency[name] ?? clientSwitches[name].initially]),
  ) as ClientAccess;
}

/** What is stored after the change. */
export function changedClientAccess(
  before: ChosenClientAccess,
  changes: ChangeClientAccess | undefined,
): ChosenClientAccess {
  const chosen = Object.entries({ ...before, ...changes }).filter(([, value]) => typeof value === 'boolean');
  return Object.fromEntries(chosen) as ChosenClientAccess;
}

export interface ClientRule {
  /** All of these must be on. */
  needs: readonly ClientSwitchName[];
  /** Also this, for the CSV form. */
  needsForCsv: readonly ClientSwitchName[];
  /** Left out of its answer, each while its switch is off. */
  fields: readonly (readonly [name: ClientSwitchName, field: string])[];
}

/** All that a client may do, as far as its switches are on. */
export const clientRoutes: readonly ClientRoute[] = [
  ...new Set([
    ...alwaysForClients,
    ...clientSwitchNames.flatMap((name) => (clientSwitches[name] as ClientSwitch).operations ?? []),
  ]),
];

/** @returns null for what no client may do */
export function clientRuleOf(route: string): ClientRule | null {
  const all = clientSwitchNames.map((name): [ClientSwitchName, ClientSwitch] => [name, clientSwitches[name]]);
  const naming = (list: 'operations' | 'csv') =>
    all.flatMap(([name, one]) => (one[list]?.includes(route as ClientRoute) ? [name] : []));
  const needs = naming('operations');
  if (needs.length === 0 && !alwaysForClients.includes(route as ClientRoute)) return null;
  const fields = all.flatMap(([name, one]) =>
    (one.fields?.[route as ClientRoute] ?? []).map((field): [ClientSwitchName, string] => [name, field]),
  );
  return { needs, needsForCsv: naming('csv'), fields };
}

/** Fields of the operation's answer that are left out for a client with these switches. */
export function hiddenFields(route: ClientRoute, access: ClientAccess): string[] {
  return (clientRuleOf(route)?.fields ?? []).filter(([name]) => !access[name]).map(([, field]) => field);
}
