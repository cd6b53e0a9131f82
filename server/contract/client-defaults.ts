/** What a new client gets unless its request says otherwise. */
import { z } from 'zod';
import { limitsSchema } from './limits.ts';
import { planSchema } from './plans.ts';

const fields = {
  limits: limitsSchema.partial().describe('An omitted one has this server’s own default.'),
  plan: planSchema.nullable().describe('In force from the day on which the client is added; null = none.'),
};

/** `GET /v1/client-defaults` */
export const clientDefaultsSchema = z.object(fields);
export type ClientDefaults = z.infer<typeof clientDefaultsSchema>;

/** `PATCH /v1/client-defaults`: either is replaced as a whole. Clients that exist keep what they have. */
export const updateClientDefaultsSchema = z.strictObject(fields).partial();
export type UpdateClientDefaults = z.infer<typeof updateClientDefaultsSchema>;
