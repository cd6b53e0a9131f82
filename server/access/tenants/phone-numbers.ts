/** Which phone numbers of an org are a tenant's, and who answers them: this server is asked, or an assistant answers at once. */
import type { Context } from '../../context.ts';
import type { PhoneNumbersAnswer, PhoneNumberView, PutPhoneNumber } from '../../contract.ts';
import { ApiError, conflict, invalidField } from '../../errors.ts';
import {
  findNumberOwners,
  findPhoneNumber,
  listPhoneNumbers,
  type PhoneNumber,
  putPhoneNumber,
  removePhoneNumber,
} from '../../store/phone-numbers.ts';
import type { Tenant } from '../../store/tenants.ts';
import {
  changeNumberAtVapi,
  getNumberAtVapi,
  listNumbersAtVapi,
  type NumberAtVapi,
} from '../../vapi/phone-numbers.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import { webhookTokenHeader } from '../../vapi/webhook-auth.ts';
import { isOurWebhook, webhookUrlOf } from '../../vapi/webhook-url.ts';
import { serverOfOurs } from '../../vapi/wiring-plan.ts';
import type { Actor } from '../audit.ts';
import { allWebhookSecretsOf, openTenantSecret } from '../secrets/tenant-secrets.ts';
import { changeTenant } from './saved-tenants.ts';
import { isSquad, namedIn } from './squads.ts';

/**
 * The org's numbers, but none of another tenant's.
 * @throws ApiError `vapi_unavailable`
 */
export async function viewPhoneNumbers(ctx: Context, tenant: Tenant): Promise<PhoneNumbersAnswer> {
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const all = await fromVapi(() => listNumbersAtVapi(ctx.config.vapiBaseUrl, privateKey));
  const shown = all.filter(({ orgId }) => orgId === tenant.orgId);
  const own = new Map((await listPhoneNumbers(ctx.store, tenant.id)).map((row) => [row.id, row]));
  const owners = await findNumberOwners(
    ctx.store,
    shown.map(({ id }) => id),
  );
  const numbers = shown
    .filter(({ id }) => [undefined, tenant.id].includes(owners.get(id)))
    .map((number) => viewOf(ctx, tenant, number, own.get(number.id) ?? null));
  const gone = [...own.values()].filter(({ id }) => !shown.some((number) => number.id === id)).map(viewGone);
  return { numbers: [...numbers.sort(byNumber), ...gone] };
}

const byNumber = (a: PhoneNumberView, b: PhoneNumberView) =>
  `${a.number ?? ''} ${a.id}` < `${b.number ?? ''} ${b.id}` ? -1 : 1;

/**
 * Makes the number the tenant's, and changes it at Vapi; doing so again continues where it stopped.
 * @throws ApiError `not_found` also for another tenant's, `invalid_request`, `conflict`, `vapi_unavailable`
 */
export async function assignPhoneNumber(
  ctx: Context,
  tenant: Tenant,
  id: string,
  wish: PutPhoneNumber,
  by: Actor,
): Promise<PhoneNumberView> {
  const { mode, name, credentialId, fallback = null } = wish;
  const { vapiBaseUrl, publicUrl } = ctx.config;
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const before = await fromVapi(() => getNumberAtVapi(vapiBaseUrl, privateKey, id));
  if (before.orgId !== tenant.orgId) throw new ApiError('not_found');
  const isOurs = sendsHere(ctx, tenant, before);
  if (before.server?.url && !isOurs && !wish.takeOver)
    throw conflict('The number asks or informs another server: with `takeOver` it no longer does.');
  const isSigned = tenant.webhookAuth.kind === 'hmac';
  const signs = credentialId ?? (isOurs ? before.server?.credentialId : null) ?? null;
  if (mode === 'ask' && isSigned && signs === null)
    throw invalidField(
      'credentialId',
      'is needed: the client’s `webhookAuth` is `hmac`, and only a credential at Vapi can sign',
    );
  let assistantId = '';
  let isNew = false;
  const change = { ...by, action: 'phone-number.assign' };
  const current = await changeTenant(ctx, tenant.slug, change, async (db, now) => {
    if (now.id !== tenant.id) throw new ApiError('not_found');
    if (mode === 'ask' && now.phoneCalls !== 'ask')
      throw invalidField('mode', 'requires the client’s `phoneCalls` to be `ask`');
    assistantId = wish.assistantId ?? now.assistantId;
    if (!namedIn(now).includes(assistantId))
      throw invalidField('assistantId', 'is none of the client’s assistants');
    isNew = (await findPhoneNumber(db, id)) === null;
    const times = { createdAt: ctx.now(), updatedAt: ctx.now() };
    const row = { id, tenantId: now.id, mode, assistantId, fallback, ...times };
    // Not even its existence is admitted.
    if (!(await putPhoneNumber(db, row))) throw new ApiError('not_found');
    return { phoneNumber: { id, mode, assistantId, fallback } };
  });
  const callee = { id: assistantId, isSquad: isSquad(current, assistantId) };
  const token = isSigned ? null : (allWebhookSecretsOf(ctx.box, current)[0] ?? '');
  const ours = { url: webhookUrlOf(publicUrl, current.slug), token, credentialId: signs };
  const wanted = mode === 'ask' ? { callee: null, server: serverOfOurs(ours) } : { callee, server: null };
  try {
    await changeNumberAtVapi(vapiBaseUrl, privateKey, before, { name, fallback, ...wanted });
  } catch (error) {
    // It is not the tenant's if Vapi has certainly not changed it; otherwise the list shows how far it came.
    if (isNew && error instanceof VapiError && error.refused)
      await removePhoneNumber(ctx.store, tenant.id, id);
    throw refusalOf(error);
  }
  const after = await fromVapi(() => getNumberAtVapi(vapiBaseUrl, privateKey, id));
  return viewOf(ctx, current, after, await findPhoneNumber(ctx.store, id));
}

/**
 * The number is no longer the tenant's: its assistant answers it without asking here.
 * @throws ApiError `not_found`, `vapi_unavailable`
 */
export async function releasePhoneNumber(ctx: Context, tenant: Tenant, id: string, by: Actor): Promise<void> {
  const row = await findPhoneNumber(ctx.store, id);
  if (row?.tenantId !== tenant.id) throw new ApiError('not_found');
  await fromVapi(() => giveBack(ctx, tenant, row));
  await changeTenant(ctx, tenant.slug, { ...by, action: 'phone-number.release' }, async (db) => {
    if (!(await removePhoneNumber(db, tenant.id, id))) throw new ApiError('not_found');
    return { phoneNumber: { id } };
  });
}

/**
 * Of a deleted tenant.
 * @returns why some may still ask here; null when none does
 */
export async function giveBackPhoneNumbers(ctx: Context, tenant: Tenant): Promise<unknown> {
  let failure: unknown = null;
  for (const row of await listPhoneNumbers(ctx.store, tenant.id)) {
    try {
      await giveBack(ctx, tenant, row);
      await removePhoneNumber(ctx.store, tenant.id, row.id);
    } catch (error) {
      failure ??= error;
    }
  }
  return failure;
}

/** One that Vapi no longer has, or that asks another server by now, is left alone. @throws VapiError */
async function giveBack(ctx: Context, tenant: Tenant, { id, assistantId }: PhoneNumber): Promise<void> {
  const { vapiBaseUrl } = ctx.config;
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const shown = await getNumberAtVapi(vapiBaseUrl, privateKey, id).catch((error: unknown) => {
    if (error instanceof VapiError && error.status === 404) return null;
    throw error;
  });
  if (!shown || !sendsHere(ctx, tenant, shown)) return;
  const callee = { id: assistantId, isSquad: isSquad(tenant, assistantId) };
  await changeNumberAtVapi(vapiBaseUrl, privateKey, shown, { callee, server: null });
}

/** Its token identifies it even if this server had another address then. */
function sendsHere(ctx: Context, tenant: Tenant, { server }: NumberAtVapi): boolean {
  const token = server?.headers?.[webhookTokenHeader];
  const secrets = allWebhookSecretsOf(ctx.box, tenant);
  return isOurWebhook(ctx.config.publicUrl, server?.url ?? '') || secrets.includes(String(token));
}

/**
 * After a change of the secret or of this server's address: the numbers that ask here are pointed at it again, as assistants are.
 * @returns what was done, in a sentence each
 * @throws ApiError `vapi_unavailable`
 */
export async function rewirePhoneNumbers(ctx: Context, tenant: Tenant): Promise<string[]> {
  const rows = (await listPhoneNumbers(ctx.store, tenant.id)).filter(({ mode }) => mode === 'ask');
  if (rows.length === 0) return [];
  const { vapiBaseUrl, publicUrl } = ctx.config;
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const [secret = ''] = allWebhookSecretsOf(ctx.box, tenant);
  const token = tenant.webhookAuth.kind === 'hmac' ? null : secret;
  const url = webhookUrlOf(publicUrl, tenant.slug);
  const done: string[] = [];
  for (const shown of await fromVapi(() => listNumbersAtVapi(vapiBaseUrl, privateKey))) {
    const { server } = shown;
    if (!rows.some(({ id }) => id === shown.id) || !server || !sendsHere(ctx, tenant, shown)) continue;
    if (server.url === url && (token === null || server.headers?.[webhookTokenHeader] === token)) continue;
    const credentialId = server.credentialId ?? null;
    const change = { callee: null, server: serverOfOurs({ url, token, credentialId }) };
    await fromVapi(() => changeNumberAtVapi(vapiBaseUrl, privateKey, shown, change));
    done.push(`The phone number ${shown.number ?? shown.id} asks this server with the current secret again.`);
  }
  return done;
}

function viewOf(ctx: Context, tenant: Tenant, shown: NumberAtVapi, row: PhoneNumber | null): PhoneNumberView {
  const answering = shown.squadId ?? shown.assistantId ?? shown.workflowId ?? null;
  const asked = shown.server?.url ?? '';
  const isHere = asked === webhookUrlOf(ctx.config.publicUrl, tenant.slug);
  const state = answering ? 'answers' : isHere ? 'asks' : asked ? 'elsewhere' : 'unanswered';
  return {
    id: shown.id,
    number: shown.number ?? shown.sipUri ?? null,
    name: shown.name ?? null,
    provider: shown.provider,
    status: shown.status ?? null,
    mode: row?.mode ?? null,
    assistantId: row?.assistantId ?? answering,
    fallback: row?.fallback ?? null,
    state,
    problem: row && problemOf(ctx, tenant, row, shown, state),
  };
}

function problemOf(
  ctx: Context,
  tenant: Tenant,
  row: PhoneNumber,
  shown: NumberAtVapi,
  state: PhoneNumberView['state'],
): string | null {
  if (!namedIn(tenant).includes(row.assistantId))
    return 'Its assistant is no longer this client’s, whose main assistant answers instead. Choose one and save.';
  if (row.mode === 'assistant' && (shown.squadId ?? shown.assistantId) !== row.assistantId)
    return 'At Vapi another assistant, or none, answers it. Save it again.';
  if (row.mode === 'ask') {
    if (state !== 'asks') return 'At Vapi it does not ask this server. Save it again.';
    const token = shown.server?.headers?.[webhookTokenHeader];
    if (tenant.webhookAuth.kind === 'token' && token !== allWebhookSecretsOf(ctx.box, tenant)[0])
      return 'It presents an old secret, which will be refused. Save it again.';
  }
  if ((shown.fallbackDestination?.number ?? null) !== row.fallback)
    return 'At Vapi its calls go elsewhere when this server is away. Save it again.';
  return null;
}

function viewGone({ id, mode, assistantId, fallback }: PhoneNumber): PhoneNumberView {
  return {
    ...{ id, number: null, name: null, provider: '', status: null, mode, assistantId, fallback },
    ...{ state: 'gone', problem: 'Vapi no longer has it. Release it here.' },
  };
}

async function fromVapi<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  const status = error instanceof VapiError ? error.status : null;
  if (status === 404) return new ApiError('not_found', { cause: error });
  if (status === 400) return conflict('Vapi refuses this change of the number.');
  if (status === 401 || status === 403)
    return conflict('Vapi does not accept the client’s private key for phone numbers.');
  return error instanceof VapiError ? vapiFailure(error) : error;
}
