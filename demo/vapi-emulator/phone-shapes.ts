/** What the bodies of `/phone-number` may contain, by provider (`Create…` and `Update…PhoneNumberDTO` of the SDKs). */
import { z } from 'zod';
import { Refusal } from './errors.ts';
import { object, parse, serverSchema, uuid } from './shapes.ts';
import { type Json, type PhoneProvider, phoneProviders } from './types.ts';

const destination = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('number'), number: z.string() }),
  z.looseObject({ type: z.literal('sip'), sipUri: z.string() }),
]);
const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('say'), exact: z.string() }),
  z.strictObject({ type: z.literal('transfer'), destination: destination.optional() }),
]);

const common = {
  name: z.string().max(40).optional(),
  assistantId: uuid.nullish(),
  squadId: uuid.nullish(),
  workflowId: uuid.nullish(),
  server: serverSchema.nullish(),
  fallbackDestination: destination.nullish(),
  hooks: z
    .array(
      z.strictObject({
        on: z.enum(['call.ringing', 'call.ending']),
        filters: z.array(object).optional(),
        do: z.array(action),
      }),
    )
    .optional(),
};
const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a valid phone number in the E.164 format');

/** The fields of each provider; those in `required` must be given at creation. */
const providers: Record<PhoneProvider, { required: z.ZodRawShape; optional: z.ZodRawShape }> = {
  vapi: {
    required: {},
    optional: {
      numberDesiredAreaCode: z
        .string()
        .regex(/^[2-9]\d\d$/, 'must be an area code of three digits')
        .optional(),
      sipUri: z.string().startsWith('sip:', 'must be a SIP URI').optional(),
      authentication: z
        .strictObject({ realm: z.string().optional(), username: z.string(), password: z.string() })
        .optional(),
    },
  },
  twilio: {
    required: { number: e164, twilioAccountSid: z.string() },
    optional: {
      twilioAuthToken: z.string().optional(),
      twilioApiKey: z.string().optional(),
      twilioApiSecret: z.string().optional(),
      smsEnabled: z.boolean().optional(),
    },
  },
  telnyx: { required: { number: e164, credentialId: z.string() }, optional: {} },
  vonage: { required: { number: e164, credentialId: z.string() }, optional: {} },
  'byo-phone-number': {
    required: { credentialId: z.string() },
    optional: {
      number: z.string().min(3).max(40).optional(),
      numberE164CheckEnabled: z.boolean().optional(),
    },
  },
};

const providerSchema = z.looseObject({ provider: z.enum(phoneProviders) });

/** The body of `POST /phone-number`, or a 400 that lists its faults. */
export function parseNewNumber(body: unknown): Json & { provider: PhoneProvider } {
  const { provider } = parse(providerSchema, body);
  const { required, optional } = providers[provider];
  const shape = { provider: z.literal(provider), ...required, ...optional, ...common };
  const wish = parse(z.strictObject(shape), body) as Json & { provider: PhoneProvider };
  requireE164(wish);
  return wish;
}

/** The body of `PATCH /phone-number/:id` for a number of this provider, or a 400. */
export function parseNumberChange(provider: PhoneProvider, body: unknown, before: Json): Json {
  const { required, optional } = providers[provider];
  const { numberDesiredAreaCode, ...changeable } = optional;
  const shape = {
    provider: z.literal(provider).optional(),
    ...z.object(required).partial().shape,
    ...changeable,
    ...common,
  };
  const { provider: _, ...change } = parse(z.strictObject(shape), body) as Json;
  requireE164({ ...before, provider, ...change });
  return change;
}

/** An own number must also be E.164, unless that check is switched off. */
function requireE164({ provider, number, numberE164CheckEnabled }: Json): void {
  if (provider !== 'byo-phone-number' || number === undefined || numberE164CheckEnabled === false) return;
  const result = e164.safeParse(number);
  if (!result.success)
    throw new Refusal(
      400,
      result.error.issues.map(({ message }) => `number ${message}`),
    );
}
