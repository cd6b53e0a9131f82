/** Query parameters of lists; lists with their own filters have them beside their answers. */
import { z } from 'zod';
import {
  cursorSchema as cursor,
  limitSchema as limit,
  monthSchema,
  slugSchema,
  tenantIdSchema,
} from './words.ts';

/** `GET /v1/tenants` */
export const tenantsQuerySchema = z.strictObject({
  cursor: slugSchema.optional().describe('The `nextCursor` of the page before.'),
  limit: limit(200, 100),
});

/** `POST /v1/tenants/{slug}/wire` */
export const wireQuerySchema = z.strictObject({
  'dry-run': z.enum(['true', 'false']).optional().describe('`true` = only report what would be changed.'),
});

/** `GET /v1/tenants/{slug}/preview` */
export const previewQuerySchema = z.strictObject({
  period: monthSchema.optional().describe('Default: the current month.'),
});

/** `GET /v1/tenants/{slug}/invoices/{id}` */
export const invoiceQuerySchema = z.strictObject({
  calls: z.literal('yes').optional().describe('Adds every call of every line to the printed page.'),
});

/** `GET /v1/tenants/{slug}/invoices/{id}/lines/{no}/calls` */
export const invoiceCallsQuerySchema = z.strictObject({ cursor, limit: limit(1000, 200) });

/** `GET /v1/billing/margin` */
export const marginQuerySchema = z.strictObject({
  month: monthSchema,
  cursor: tenantIdSchema.optional().describe('The `nextCursor` of the page before.'),
  limit: limit(200, 50),
});
