/** What can be found out about a client's connection to Vapi without creating anything there. */
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { viewPhoneNumbers } from '../access/tenants/phone-numbers.ts';
import { isGivenUp, scopeFor } from '../access/tenants/public-key.ts';
import { namedIn } from '../access/tenants/squads.ts';
import type { Context } from '../context.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { wireTenant } from '../metering/wiring.ts';
import { findPendingKey } from '../store/pending-keys.ts';
import { listPhoneNumbers } from '../store/phone-numbers.ts';
import type { Tenant } from '../store/tenants.ts';
import { type Callee, getAssistant, getCallee } from '../vapi/assistants.ts';
import { isSameScope, listPublicKeys } from '../vapi/tokens.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { type Check, type Finding, fail, pass, skipped, vapiFailed, warn } from './check.ts';
import { clockRow } from './clock-row.ts';

interface Asked {
  id: string;
  result: Callee | VapiError;
}

export function tenantRows(ctx: MeteringContext, tenant: Tenant): Check[] {
  const { vapiBaseUrl } = ctx.config;
  let asking: Promise<Asked[]> | undefined;
  // The rows that need the assistants share one reading of them.
  const ask = () => {
    asking ??= askForAssistants(ctx, tenant);
    return asking;
  };
  const found = async () =>
    (await ask()).flatMap(({ result }) => (result instanceof VapiError ? [] : [detailsOf(result)]));

  return [
    clockRow(ctx, async () =>
      (await ask()).some(({ result }) => !(result instanceof VapiError) || result.status !== null),
    ),
    {
      id: 'private-key',
      title: 'Private key',
      async run() {
        const [first] = await ask();
        if (!(first?.result instanceof VapiError) || isUnknown(first.result))
          return pass('Vapi accepts it as a private key.');
        const { status } = first.result;
        if (status !== 401 && status !== 403) return vapiFailed(first.result);
        return fail(
          `Vapi does not accept it (status ${status}): it was revoked, or it is the public key.`,
          'Copy the private key from “API Keys” in Vapi’s dashboard into the client’s settings.',
        );
      },
    },
    {
      id: 'public-key',
      title: 'Public key',
      async run() {
        const pending = await findPendingKey(ctx.store, tenant.id);
        if (pending && isGivenUp(pending))
          return fail(
            'Vapi has not made a change of it, so a key there may open more than the settings allow.',
            'Change or delete it in Vapi’s dashboard, as the notice under “Needs attention” describes.',
          );
        if (pending)
          return warn(
            'A change of it has not reached Vapi yet; it is tried again.',
            'Run the check again in some minutes. If the key has leaked, delete it in Vapi’s dashboard now.',
          );
        if (tenant.accessMode !== 'public-key')
          return skipped(`Not used: the access mode is ${tenant.accessMode}.`);
        const key = openTenantSecret(ctx.box, tenant, 'publicKey');
        if (!key) return fail('There is none.', 'Enter the public key in the client’s settings.');
        const finding = await publicKeyFinding(vapiBaseUrl, key, tenant.assistantId);
        return finding.outcome === 'pass' && tenant.publicKeyId !== null
          ? restrictionsFinding(ctx, tenant, tenant.publicKeyId)
          : finding;
      },
    },
    {
      id: 'organization',
      title: 'Organization',
      async run() {
        const [first] = await found();
        if (!first) return skipped('No assistant could be read, and only it names the organization.');
        if (first.orgId === tenant.orgId) return pass(`The key belongs to ${tenant.orgId}.`);
        return fail(
          `The key belongs to the organization ${first.orgId}; the client’s is ${tenant.orgId}. Calls would be looked for in the wrong place.`,
          'Enter the private key of the client’s own organization, or correct its organization ID.',
        );
      },
    },
    { id: 'assistant', title: 'Assistants', run: async () => assistantsFinding(await ask()) },
    { id: 'wiring', title: 'Call reports', run: () => wiringFinding(ctx, tenant) },
    { id: 'phone-numbers', title: 'Phone numbers', run: () => numbersFinding(ctx, tenant) },
  ];
}

async function askForAssistants(ctx: Context, tenant: Tenant): Promise<Asked[]> {
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  return Promise.all(
    namedIn(tenant).map(async (id) => {
      const asked = getCallee(ctx.config.vapiBaseUrl, privateKey, id, getAssistant, ctx.vapiClock.look);
      const result = await asked.catch((error: unknown) => {
        if (error instanceof VapiError) return error;
        throw error;
      });
      return { id, result };
    }),
  );
}

/** The key was good enough to learn that the organization has no such assistant. */
const isUnknown = ({ status }: VapiError) => status === 404 || status === 400;

/** Vapi lets a public key read nothing, and a browser would be given this one. */
async function publicKeyFinding(baseUrl: string, key: string, assistantId: string): Promise<Finding> {
  const status = await getAssistant(baseUrl, key, assistantId).then(
    () => 200,
    (error: unknown) => {
      if (error instanceof VapiError) return isUnknown(error) ? 200 : error.status;
      throw error;
    },
  );
  if (status === 401 || status === 403) return pass('Vapi lets it read nothing, as it should be.');
  if (status !== 200) return vapiFailed(new VapiError('', status));
  return fail(
    'Vapi lets it read assistants: it is a private key, and every visitor’s browser is given it.',
    'Revoke it in Vapi’s dashboard, and enter the public key in the client’s settings.',
  );
}

/** What Vapi shows of the key that this server made; whether Vapi keeps to it is for a test call to show. */
async function restrictionsFinding(ctx: Context, tenant: Tenant, id: string): Promise<Finding> {
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const key = (await listPublicKeys(ctx.config.vapiBaseUrl, privateKey)).find((one) => one.id === id);
  if (!key)
    return fail(
      'It no longer exists at Vapi, so calls cannot start.',
      'Under “Key for browsers” in the client’s settings, replace the key.',
    );
  if (key.scope === null || !isSameScope(key.scope, scopeFor(tenant)))
    return fail(
      'At Vapi it is not restricted to the client’s websites and assistant as it was when it was made.',
      'Under “Key for browsers” in the client’s settings, replace the key.',
    );
  return pass('Vapi shows it restricted to the client’s websites and assistant.');
}

function assistantsFinding(asked: Asked[]): Finding {
  const missing = asked.filter(({ result }) => result instanceof VapiError && isUnknown(result));
  if (missing.length > 0) {
    return fail(
      `The organization does not have ${missing.map(({ id }) => id).join(', ')}.`,
      'Copy the assistant’s ID from Vapi’s dashboard into the client’s settings.',
    );
  }
  const unread = asked.find(({ result }) => result instanceof VapiError);
  if (unread) return skipped('Vapi did not let this server read them; see “Private key”.');
  return pass(`${asked.map(({ id, result }) => nameOf(id, result as Callee)).join(', ')}.`);
}

/** Null where the organization does not use versions. */
function nameOf(id: string, callee: Callee): string {
  const name = (detailsOf(callee).name ?? id).slice(0, 80);
  if ('squad' in callee)
    return `${name} (squad of ${callee.squad.assistantIds.length + callee.squad.unsavedMembers})`;
  const { latestVersion } = callee.assistant;
  return `${name}${latestVersion ? `, version ${latestVersion}` : ''}`;
}

const detailsOf = (callee: Callee) => ('squad' in callee ? callee.squad : callee.assistant);

/** What wiring would change, by its own dry run. */
async function wiringFinding(ctx: MeteringContext, tenant: Tenant): Promise<Finding> {
  const by = { actor: 'doctor', requestId: 'doctor' };
  const { assistants, notes } = await wireTenant(ctx, tenant, { dryRun: true }, by);
  const changed = assistants.filter(({ changed }) => changed);
  if (changed.length > 0) {
    const names = changed.map(({ name, assistantId }) => name ?? assistantId).join(', ');
    return fail(
      `Vapi does not report the calls of ${names} to this server as it must.`,
      'Under “Call reporting” in the client’s settings, preview the changes at Vapi and apply them.',
    );
  }
  const detail = 'Every assistant at Vapi reports its calls to this server.';
  return notes.length > 0
    ? warn(`${detail} ${notes.join(' ')}`, 'See what the note asks for.')
    : pass(detail);
}

/** Whether those that are the client's are at Vapi as they were set. */
async function numbersFinding(ctx: Context, tenant: Tenant): Promise<Finding> {
  // Without one, nothing needs to be asked.
  if ((await listPhoneNumbers(ctx.store, tenant.id)).length === 0)
    return skipped('No phone number is assigned to this client.');
  const own = (await viewPhoneNumbers(ctx, tenant)).numbers.filter(({ mode }) => mode !== null);
  const wrong = own.filter(({ problem }) => problem !== null);
  const fix = 'Under “Phone” of the client, look at each and save it again.';
  if (wrong.length > 0)
    return fail(wrong.map(({ number, id, problem }) => `${number ?? id}: ${problem}`).join(' '), fix);
  if (tenant.phoneCalls !== 'ask' && own.some(({ mode }) => mode === 'ask'))
    return warn(
      'Numbers ask this server, but other calls by phone are not limited before they are answered.',
      'Under “Phone”, apply the limits before calls are answered.',
    );
  const away = own.filter(({ mode, fallback }) => mode === 'ask' && fallback === null);
  if (away.length > 0)
    return warn(
      `No one answers ${away.map(({ number, id }) => number ?? id).join(', ')} while this server is away.`,
      'Under “Phone”, enter a number to call then.',
    );
  return pass(`${own.length} as they were set.`);
}
