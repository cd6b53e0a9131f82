/** What a new client gets unless its request says otherwise, and what clients see unless their settings do. */
import { z } from 'zod';
import { changeClientAccessSchema, clientAccessSchema } from './client-access.ts';
import { limitsSchema } from './limits.ts';
import { planSchema } from './plans.ts';

const fields = {
  limits: limitsSchema.partial().describe('An omitted one has this server’s own default.'),
  plan: planSchema.nullable().describe('In force from the day on which the client is added; null = none.'),
};

const accessText =
  'What clients see of their own. Applies to every client that has not chosen otherwise, also to those that exist.';

/** `GET /v1/client-defaults` */
export const clientDefaultsSchema = z.object({
  ...fields,
  clientAccess: clientAccessSchema.describe(accessText),
});
export type ClientDefaults = z.infer<typeof clientDefaultsSchema>;

/**
 * `PATCH /v1/client-defaults`: limits and plan are replaced as a whole, and clients that exist keep theirs; of
 * `clientAccess` what is left out stays unchanged.
 */
export const updateClientDefaultsSchema = z
  .strictObject({ ...fields, clientAccess: changeClientAccessSchema.describe(accessText) })
  .partial();
export type UpdateClientDefaults = z.infer<typeof updateClientDefaultsSchema>;
