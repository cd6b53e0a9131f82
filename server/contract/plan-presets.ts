/**
 * The plans that agencies use most, in the smallest form that works; change the amounts, which are examples. A preset's own name
 * and description are for the operator; the name of its plan is for the client.
 */
import { z } from 'zod';
import { type CallChannel, type PlanInput, planSchema } from './plans.ts';

const voice: CallChannel[] = ['web', 'inbound', 'outbound'];

export const planPresets: { name: string; description: string; plan: PlanInput }[] = [
  {
    name: 'retainer',
    description: '499.00 a month with 1,000 minutes, then 0.25 a minute; chats are free',
    plan: {
      name: 'Retainer with minutes',
      currency: 'usd',
      monthlyFeeCents: 49_900,
      rates: [
        { channels: voice, price: { kind: 'included', includedMinutes: 1000, perMinuteMicros: 250_000 } },
        { channels: ['chat'], price: { kind: 'free' } },
      ],
    },
  },
  {
    name: 'per-minute',
    description: '0.35 a minute in steps of six seconds; chats at cost + 30 %',
    plan: {
      name: 'Per minute',
      currency: 'usd',
      rates: [
        {
          channels: voice,
          price: { kind: 'per-minute', perMinuteMicros: 350_000, initialSeconds: 6, incrementSeconds: 6 },
        },
        { channels: ['chat'], price: { kind: 'cost-plus', markupBps: 3000 } },
      ],
    },
  },
  {
    name: 'cost-plus',
    description: 'the provider’s cost + 30 %',
    plan: {
      name: 'By usage',
      currency: 'usd',
      rates: [{ channels: [...voice, 'chat'], price: { kind: 'cost-plus', markupBps: 3000 } }],
    },
  },
];

/** In `GET /v1/billing/presets`, with every default filled in, ready for `PUT /v1/tenants/{slug}/plan`. */
export const planPresetSchema = z.object({ name: z.string(), description: z.string(), plan: planSchema });
export type PlanPreset = z.infer<typeof planPresetSchema>;
