/** What an assistant may do on the page that its visitor is on: functions of the page, called in the browser. */
import { z } from 'zod';
import { lineSchema } from './words.ts';

export const pageValueTypes = ['string', 'number', 'integer', 'boolean'] as const;

const pageParameterSchema = z
  .strictObject({
    type: z.enum(pageValueTypes),
    description: lineSchema.max(300).optional().describe('For the assistant.'),
    enum: z
      .array(lineSchema.min(1).max(100))
      .min(1)
      .max(50)
      .optional()
      .describe('Of a `string`: what it may be.'),
    optional: z.literal(true).optional(),
  })
  .refine(({ type, enum: values }) => !values || type === 'string', {
    path: ['enum'],
    error: 'is for the type `string`',
  });

export const pageToolSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'use letters, digits and _')
    .describe('As the page knows it.'),
  description: z.string().min(1).max(500).describe('Tells the assistant what it does and when to use it.'),
  label: lineSchema.min(1).max(80).describe('What the visitor reads when it is done, or asked.'),
  ask: z.boolean().default(false).describe('The visitor must allow each use.'),
  parameters: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/), pageParameterSchema)
    .refine((parameters) => Object.keys(parameters).length <= 12, 'at most 12 parameters')
    .default({}),
});
export type PageTool = z.infer<typeof pageToolSchema>;

/** In the tenant's settings. */
export const pageToolsSchema = z
  .array(pageToolSchema)
  .max(16)
  .refine((tools) => new Set(tools.map(({ name }) => name)).size === tools.length, 'each name once')
  .refine((tools) => JSON.stringify(tools).length <= 16_384, 'at most 16 kB in all');

/** In a grant: what the element passes between the page and the assistant. */
export const pageGrantSchema = z.object({
  context: z.boolean().describe('Whether the assistant gets title and address of the page.'),
  tools: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      ask: z.boolean(),
      parameters: z.record(
        z.string(),
        z.object({
          type: z.enum(pageValueTypes),
          enum: z.array(z.string()).exactOptional(),
          optional: z.literal(true).exactOptional(),
        }),
      ),
    }),
  ),
});
export type PageGrant = z.infer<typeof pageGrantSchema>;
