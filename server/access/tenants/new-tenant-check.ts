/** Every problem with a new tenant at once, so that a form is corrected in one go. */
import type { Context } from '../../context.ts';
import { type CreateTenant, createTenantSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { findTenant } from '../../store/tenants.ts';
import type { Kinds } from './squads.ts';
import { parseOrigins } from './tenant-changes.ts';
import { type Checked, checkTenant } from './tenant-check.ts';

/**
 * @returns the organization, what Vapi has confirmed, and which ids are squads
 * @throws ApiError `invalid_request` with all that is wrong with slug, origins, key, organization and assistants;
 * `vapi_unavailable`
 */
export async function checkNewTenant(
  ctx: Context,
  input: CreateTenant,
): Promise<{ checked: Checked; orgId: string; kinds: Kinds }> {
  const { orgId, assistantIds = [] } = input;
  const asked = checkTenant(ctx, { ...input, orgId, assistantIds });
  const [atVapi, ...others] = await Promise.allSettled([asked, ...withoutVapi(ctx, input)]);
  const failures = [...others, atVapi].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  refuseTogether(failures);
  return await asked;
}

/**
 * Adds to the schema's errors the problems that the schema cannot see, in those fields that are well-formed.
 * @param errors what the schema found
 * @throws ApiError `invalid_request` with both
 */
export async function refuseNewTenant(ctx: Context, body: unknown, errors: ApiError): Promise<never> {
  const known = readable(body, 'slug', 'allowedOrigins', 'allowHttpOrigins');
  const results = await Promise.allSettled(withoutVapi(ctx, known));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  refuseTogether([errors, ...failures]);
  throw errors;
}

/** Those of the named fields that fit the schema. */
function readable(body: unknown, ...names: (keyof CreateTenant)[]): Partial<CreateTenant> {
  const fields = names.flatMap((name) => {
    const { data } = createTenantSchema.shape[name].safeParse((body as Partial<CreateTenant> | null)?.[name]);
    return data === undefined ? [] : [[name, data]];
  });
  return Object.fromEntries(fields);
}

function withoutVapi(
  ctx: Context,
  { slug, allowedOrigins = [], allowHttpOrigins = false }: Partial<CreateTenant>,
): Promise<unknown>[] {
  return [checkSlug(ctx, slug), Promise.resolve().then(() => parseOrigins(allowedOrigins, allowHttpOrigins))];
}

/** @throws ApiError `conflict` if it is taken now; the database decides again on insert */
async function checkSlug(ctx: Context, slug: string | undefined): Promise<void> {
  if (slug !== undefined && (await findTenant(ctx.store, slug))) throw slugTaken(slug);
}

export function slugTaken(slug: string): ApiError {
  const errors = [{ path: 'slug', message: 'is already used by another client' }];
  return new ApiError('conflict', { detail: `A tenant "${slug}" already exists.`, errors });
}

/** @throws the one failure, or ApiError `invalid_request` with the errors of all of them */
function refuseTogether(failures: unknown[]): void {
  if (failures.length === 0) return;
  const withErrors = failures.filter(
    (failure): failure is ApiError => failure instanceof ApiError && failure.options.errors !== undefined,
  );
  if (withErrors.length < 2) throw withErrors[0] ?? failures[0];
  throw new ApiError('invalid_request', {
    errors: withErrors.flatMap(({ options }) => options.errors ?? []),
  });
}
