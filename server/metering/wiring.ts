/** Points a tenant's assistants at our webhook, and forwards their messages to their previous server. */
import type { Actor } from '../access/audit.ts';
import {
  allWebhookSecretsOf,
  openTenantSecret,
  sealForwardTarget,
  sealTenantSecret,
} from '../access/secrets/tenant-secrets.ts';
import { rewirePhoneNumbers } from '../access/tenants/phone-numbers.ts';
import { changeTenant } from '../access/tenants/saved-tenants.ts';
import { type Kinds, namedIn, squadsAfter } from '../access/tenants/squads.ts';
import { notesOnSettings } from '../access/tenants/tenant-check.ts';
import { outsideOf, outsideOrListed, outsideProblem } from '../base/outside.ts';
import type { Context } from '../context.ts';
import { type AssistantWiring, hookUrlSchema, type WireAnswer, type WireRequest } from '../contract.ts';
import { invalidField } from '../errors.ts';
import type { Queries } from '../store/database.ts';
import { type ForwardTarget, putForwardTarget, removeForwardTargets } from '../store/forward-targets.ts';
import { lockTenant, type Tenant, updateTenant } from '../store/tenants.ts';
import { listWirings } from '../store/wirings.ts';
import {
  getAssistantInUse,
  getCallee,
  getSquad,
  type SavedAssistant,
  type SavedSquad,
  setAssistantServer,
  type VapiServer,
} from '../vapi/assistants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { webhookTokenHeader } from '../vapi/webhook-auth.ts';
import { isOurWebhook, webhookUrlOf } from '../vapi/webhook-url.ts';
import { type OurServer, planWiring, showWiring, type WiringPlan } from '../vapi/wiring-plan.ts';
import { assistantTarget, tenantTarget } from './forward-target.ts';
import type { MeteringContext } from './metering-context.ts';
import { retargetOutbox } from './outbox.ts';
import { type ReadBack, readBack, readOrNull } from './wiring-state.ts';

/** The assistants as read, and what will change. */
export interface Wiring {
  plans: { assistant: SavedAssistant; plan: WiringPlan }[];
  notes: string[];
  /** What the tenant's ids are at Vapi now. */
  kinds: Kinds;
}

/** @throws ApiError `not_found`, `invalid_request`, `vapi_unavailable`; wiring again continues where it stopped */
export async function wireTenant(
  ctx: MeteringContext,
  tenant: Tenant,
  { dryRun, ...request }: WireRequest & { dryRun: boolean },
  by: Actor,
): Promise<WireAnswer> {
  const wiring = await prepareWiring(ctx, tenant, request);
  // Built before anything is changed: afterwards only the store knows the old servers.
  const answer = { dryRun, ...(await viewWiring(ctx, tenant, wiring)) };
  if (dryRun) return answer;
  const { assistants } = answer;
  await keepSquads(ctx, tenant, wiring.kinds);
  if (assistants.some(({ changed }) => changed)) {
    await changeTenant(ctx, tenant.slug, { ...by, action: 'tenant.wire' }, async (db, current) => {
      await keepTargets(ctx, db, current, wiring);
      await retargetOutbox(db, current.id, ctx.now());
      return { wired: assistants };
    });
    ctx.outboxBell.ring();
  }
  for (const [index, wired] of wiring.plans.entries()) {
    Object.assign(assistants[index] as AssistantWiring, await changeAssistant(ctx, tenant, wired));
  }
  answer.notes.push(...(await rewirePhoneNumbers(ctx, tenant)));
  return answer;
}

/** A squad's members may have changed at Vapi since the tenant was saved. */
async function keepSquads(ctx: Context, { slug, id }: Tenant, kinds: Kinds): Promise<void> {
  await ctx.store.transaction().execute(async (db) => {
    const current = await lockTenant(db, slug);
    if (current?.id !== id) return;
    const squads = squadsAfter(current, kinds);
    if (JSON.stringify(squads) !== JSON.stringify(current.squads))
      await updateTenant(db, { ...current, squads });
  });
}

/**
 * Reads the assistants and changes nothing.
 * @throws ApiError `invalid_request`, `vapi_unavailable`
 */
async function prepareWiring(ctx: Context, tenant: Tenant, request: WireRequest): Promise<Wiring> {
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const { vapiBaseUrl } = ctx.config;
  const notes = notesOnSettings(tenant);
  const kinds: Kinds = new Map();
  const assistants = new Map<string, SavedAssistant>();
  const squads: SavedSquad[] = [];
  const callees = namedIn(tenant).map(async (id) => {
    const ask = () => getCallee(vapiBaseUrl, privateKey, id, getAssistantInUse);
    return { id, callee: await fromVapi('assistantIds', ask) };
  });
  for (const { id, callee } of await Promise.all(callees)) {
    kinds.set(id, 'squad' in callee ? callee.squad.assistantIds : null);
    if ('squad' in callee) squads.push(callee.squad);
    else assistants.set(id, callee.assistant);
  }
  const { squadId } = request;
  if (squadId && !kinds.has(squadId))
    squads.push(await fromVapi('squadId', () => getSquad(vapiBaseUrl, privateKey, squadId)));
  for (const squad of squads) notes.push(...notesOnSquad(squad));
  const ids = new Set([...assistants.keys(), ...squads.flatMap(({ assistantIds }) => assistantIds)]);
  const ours = ourServer(ctx, tenant, request);
  const plans = await Promise.all(
    [...ids].map(async (id) => {
      const ask = () => getAssistantInUse(vapiBaseUrl, privateKey, id);
      const assistant = assistants.get(id) ?? (await fromVapi('assistantIds', ask));
      return { assistant, plan: planWiring(assistant, ours) };
    }),
  );
  // A squad's members that were wired before are also wired again, while Vapi has them.
  for (const { assistantId, wiredAt } of await listWirings(ctx.store, tenant.id)) {
    if (ids.has(assistantId) || wiredAt === null) continue;
    const assistant = await fromVapi('assistantIds', () => readOrNull(ctx, tenant, assistantId));
    if (assistant) plans.push({ assistant, plan: planWiring(assistant, ours) });
  }
  for (const { assistant, plan } of plans) {
    checkTarget(ctx, tenant, assistant, plan);
    notes.push(...notesOn(assistant, plan, tenant));
  }
  return { plans, notes, kinds };
}

function notesOnSquad({ name, unsavedMembers, overridesServer }: SavedSquad): string[] {
  const squad = name ? `the squad ${name}` : 'the squad';
  const unsaved = `${unsavedMembers} members of ${squad} are not saved assistants and stay as they are.`;
  const overrides = `${squad} overrides \`server\`: remove that, or its calls will not be reported.`;
  return [...(unsavedMembers > 0 ? [unsaved] : []), ...(overridesServer ? [capital(overrides)] : [])];
}

const capital = (text: string) => `${text[0]?.toUpperCase()}${text.slice(1)}`;

/**
 * The assistant's current server is where its messages are forwarded, and the organization's owner chose it. It must not be
 * a way into our network, unless the operator has entered the same one.
 * @throws ApiError `invalid_request`
 */
function checkTarget(ctx: Context, tenant: Tenant, assistant: SavedAssistant, plan: WiringPlan): void {
  if (!plan.target) return;
  const isEntered = isEnteredUrl(tenantTarget(ctx, tenant), plan.target.url);
  const problem =
    outsideProblem(plan.target.url, isEntered ? outsideOrListed(ctx.config) : outsideOf(ctx.config)) ??
    (hookUrlSchema.safeParse(plan.target.url).success ? null : 'cannot be forwarded to');
  if (problem === null) return;
  const name = assistant.name ?? assistant.id;
  throw invalidField('assistantIds', `the server of "${name}" at Vapi ${problem}: change it there first`);
}

/** @throws ApiError what Vapi does not know is named by `path` */
async function fromVapi<Answer>(path: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    const status = cause instanceof VapiError ? cause.status : null;
    if (status === 401 || status === 403) throw invalidField('privateKey', 'Vapi does not accept it', cause);
    if (status === 404) throw invalidField(path, 'this key’s organization does not have it', cause);
    throw vapiFailure(cause);
  }
}

function ourServer(ctx: Context, tenant: Tenant, request: WireRequest): OurServer {
  const secrets = allWebhookSecretsOf(ctx.box, tenant);
  return {
    url: webhookUrlOf(ctx.config.publicUrl, tenant.slug),
    token: tenant.webhookAuth.kind === 'token' ? (secrets[0] ?? '') : null,
    credentialId: request.credentialId ?? null,
    // Its token identifies it even if this server had another address then.
    isOurs: (server: VapiServer) =>
      isOurWebhook(ctx.config.publicUrl, server.url ?? '') ||
      secrets.includes(String(server.headers?.[webhookTokenHeader])),
  };
}

function notesOn(assistant: SavedAssistant, plan: WiringPlan, tenant: Tenant): string[] {
  const name = assistant.name ?? assistant.id;
  const notes: string[] = [];
  if (tenant.webhookAuth.kind === 'hmac' && !plan.server.credentialId) {
    const message = 'is needed: the tenant’s `webhookAuth` is `hmac`, and only a credential at Vapi can sign';
    throw invalidField('credentialId', message);
  }
  if (plan.target === null) {
    notes.push(
      `${name} had no server of its own: if the organization has one, set it as \`webhookForwardUrl\`.`,
    );
  }
  if (assistant.server?.encryptedPaths?.length) {
    notes.push(
      `${name} encrypts parts of its messages: costs inside them are known only after a reconciliation.`,
    );
  }
  return notes;
}

/** Stores where the assistants sent before, so that forwarding works from the first message on. */
async function keepTargets(ctx: Context, db: Queries, tenant: Tenant, wiring: Wiring): Promise<void> {
  let general = tenantTarget(ctx, tenant);
  // The tenant's main assistant first: its server is the tenant's target, the others are compared with it.
  const isMain = ({ assistant }: Wiring['plans'][number]) => assistant.id === tenant.assistantId;
  const main = wiring.plans.find(isMain)?.plan.target;
  if (main) {
    general = { ...main, entered: isEnteredUrl(general, main.url) };
    const { url, ...kept } = general;
    await updateTenant(db, {
      ...tenant,
      webhookForwardUrl: url,
      webhookForwardSealed: sealTenantSecret(ctx.box, tenant.id, 'webhookForward', JSON.stringify(kept)),
      updatedAt: ctx.now(),
    });
    await removeForwardTargets(db, tenant.id, tenant.assistantId);
  }
  for (const { assistant, plan } of wiring.plans) {
    if (assistant.id === tenant.assistantId || plan.target === undefined) continue;
    if (isSameTarget(plan.target, general)) await removeForwardTargets(db, tenant.id, assistant.id);
    else {
      const sealed = plan.target && sealForwardTarget(ctx.box, tenant.id, assistant.id, plan.target);
      await putForwardTarget(db, tenant.id, assistant.id, sealed);
    }
  }
}

/**
 * Changes the assistant if necessary, and reads it again: Vapi's answer to the change is not what calls use.
 * @throws ApiError `vapi_unavailable`; wiring again continues where it stopped
 */
async function changeAssistant(
  ctx: Context,
  tenant: Tenant,
  wired: Wiring['plans'][number],
): Promise<ReadBack> {
  const { assistant, plan } = wired;
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const { server, serverMessages } = plan;
  let isRefused = false;
  return fromVapi('assistantIds', async () => {
    if (plan.changed) {
      await setAssistantServer(ctx.config.vapiBaseUrl, privateKey, assistant.id, {
        server,
        serverMessages,
      }).catch((error: unknown) => {
        // Someone's draft may be in its way; the others can still be wired.
        isRefused = error instanceof VapiError && error.status === 409;
        if (!isRefused) throw error;
      });
    }
    return readBack(ctx, tenant, wired, isRefused);
  });
}

/** @param tenant as it is now; on a dry run as it was before */
async function viewWiring(ctx: Context, tenant: Tenant, wiring: Wiring): Promise<Omit<WireAnswer, 'dryRun'>> {
  const main = wiring.plans.find(({ assistant }) => assistant.id === tenant.assistantId)?.plan.target;
  const general = main ?? tenantTarget(ctx, tenant);
  const assistants = await Promise.all(
    wiring.plans.map(async ({ assistant, plan }) => {
      const target =
        plan.target === undefined ? await assistantTarget(ctx, tenant, assistant.id) : plan.target;
      const isMain = assistant.id === tenant.assistantId;
      const forwardUrl = (target === undefined || (isMain && !target) ? general : target)?.url ?? null;
      return { ...showWiring(assistant, plan, forwardUrl), state: null, problem: null, differences: [] };
    }),
  );
  return { assistants, notes: wiring.notes };
}

function isEnteredUrl(current: ForwardTarget | null, url: string): boolean {
  return current?.entered === true && URL.parse(current.url)?.href === url;
}

function isSameTarget(a: ForwardTarget | null, b: ForwardTarget | null): boolean {
  const text = (target: ForwardTarget | null) =>
    target &&
    JSON.stringify([
      target.url,
      Object.entries(target.headers).sort(),
      target.timeoutSeconds,
      target.retried,
    ]);
  return text(a) === text(b);
}
