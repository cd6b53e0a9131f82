/** What may stand behind the `?` of lists; those with filters of their own are beside their answers. */
import { z } from 'zod';
import { monthSchema, slugSchema, tenantIdSchema } from './words.ts';

const cursor = z.string().max(200).optional().describe('The `nextCursor` of the page before.');
const limit = (most: number, otherwise: number) =>
  z.coerce.number().int().min(1).max(most).default(otherwise);

/** `GET /v1/tenants` */
export const tenantsQuerySchema = z.strictObject({
  cursor: slugSchema.optional().describe('The `nextCursor` of the page before.'),
  limit: limit(200, 100),
});

/** `POST /v1/tenants/{slug}/wire` */
export const wireQuerySchema = z.strictObject({
  'dry-run': z.enum(['true', 'false']).optional().describe('`true` = only say what would be changed.'),
});

/** `GET /v1/tenants/{slug}/preview` */
export const previewQuerySchema = z.strictObject({
  period: monthSchema.optional().describe('Default: the current month.'),
});

/** `GET /v1/tenants/{slug}/invoices/{id}/lines/{no}/calls` */
export const invoiceCallsQuerySchema = z.strictObject({ cursor, limit: limit(1000, 200) });

/** `GET /v1/billing/margin` */
export const marginQuerySchema = z.strictObject({
  month: monthSchema,
  cursor: tenantIdSchema.optional().describe('The `nextCursor` of the page before.'),
  limit: limit(200, 50),
});
