/** Seals everything again under the current `SECRET_KEY`, so that the previous one is no longer needed. */
import type { Context } from '../../context.ts';
import {
  listTextsNotUnder,
  replaceSealedText,
  type SealedColumn,
  sealedColumns,
} from '../../store/sealed-texts.ts';
import { type Actor, recordChange } from '../audit.ts';
import { leadContext } from './lead-content.ts';
import {
  callIdentityContext,
  callResultsContext,
  controlUrlContext,
  forwardedContext,
  forwardTargetContext,
  identityKeyContext,
  type TenantSecret,
  tenantSecretContext,
} from './tenant-secrets.ts';

const pieces = 100;

/**
 * Safe to repeat and to interrupt; several processes may run it at once. Every process must already have the new key:
 * with only the old key it cannot open resealed texts.
 * @returns how many texts were resealed
 * @throws when a text was sealed under a key that is neither the current nor the previous one
 */
export async function resealSecrets(ctx: Context, by: Actor): Promise<number> {
  let resealed = 0;
  for (const column of sealedColumns) {
    for (;;) {
      const texts = await listTextsNotUnder(ctx.store, column, ctx.box.prefix, pieces);
      for (const text of texts) {
        const place = placeOf(column, text.key);
        const sealed = ctx.box.seal(ctx.box.open(text.sealed, place), place);
        if (await replaceSealedText(ctx.store, column, text, sealed)) resealed += 1;
      }
      if (texts.length < pieces) break;
    }
  }
  const change = { action: 'secrets.reseal', tenant: null, before: null, after: { resealed } };
  await recordChange(ctx.store, { ...by, ...change }, ctx.now());
  return resealed;
}

/** The context that the text is bound to, as when it was first sealed. */
function placeOf({ table, column }: SealedColumn, [first = '', second = '']: string[]): string {
  const name = column.replace(/Sealed$/, '');
  switch (table) {
    case 'tenants':
      return tenantSecretContext(first, name as TenantSecret);
    case 'calls':
      return controlUrlContext(first, second);
    case 'callResults':
      return callResultsContext(first, second);
    case 'leads':
      return leadContext(first, second, name as 'content' | 'note');
    case 'forwardTargets':
      return forwardTargetContext(first, second);
    case 'forwardedContents':
      return forwardedContext(first, name as 'headers' | 'body');
    case 'identityKeys':
      return identityKeyContext(first);
    case 'callIdentities':
      return callIdentityContext(first, second);
  }
}
