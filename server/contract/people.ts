/** People who sign in by their e-mail address: the operator's team, and each client's. */
import { z } from 'zod';
import { allRoles, clientRoles, operatorRoles } from './permissions.ts';
import { cursorSchema, limitSchema, lineSchema, slugSchema, timeSchema } from './words.ts';

export const personEmailSchema = z
  .email()
  .max(254)
  .toLowerCase()
  .describe('Upper and lower case are the same.');

const roleSchema = z
  .enum(allRoles)
  .describe(
    `The operator’s team: ${operatorRoles.map((role) => `\`${role}\``).join(', ')}. A client’s people: ${clientRoles.map((role) => `\`${role}\``).join(', ')}.`,
  );

/** `POST /v1/users`: someone of the operator’s team, without an invitation. */
export const createUserSchema = z.strictObject({
  email: personEmailSchema,
  name: lineSchema.max(80).default(''),
  role: z.enum(operatorRoles),
});
export type CreateUser = z.infer<typeof createUserSchema>;

/** Someone who belongs to the operator, or to a client. */
export const memberSchema = z.object({
  id: z.string().describe('`usr_…`'),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  version: z.int().describe('Send it with a change; it is refused when someone else was faster.'),
  addedAt: timeSchema,
  lastSeenAt: timeSchema.nullable().describe('To the hour, of a sign-in that has not ended.'),
  disabledAt: timeSchema.nullable(),
  mailFailedAt: timeSchema
    .nullable()
    .describe('When the newest e-mail could not be delivered; null when it was, or none was sent.'),
});
export type MemberView = z.infer<typeof memberSchema>;
export const membersAnswerSchema = z.object({
  users: z.array(memberSchema),
  nextCursor: z.string().nullable(),
});
export type MembersAnswer = z.infer<typeof membersAnswerSchema>;

export const membersQuerySchema = z.strictObject({
  search: z.string().trim().max(100).optional().describe('In names and addresses.'),
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});

/** `PATCH …/users/{id}` */
export const changeRoleSchema = z.strictObject({ role: z.enum(allRoles), version: z.int().min(0) });

/** `POST …/invitations` */
export const inviteSchema = z.strictObject({ email: personEmailSchema, role: z.enum(allRoles) });

export const invitationViewSchema = z.object({
  id: z.string().describe('`ivt_…`'),
  email: z.string(),
  role: roleSchema,
  createdAt: timeSchema,
  expiresAt: timeSchema,
  mailedAt: timeSchema.nullable(),
  mailFailedAt: timeSchema.nullable(),
});
export type InvitationView = z.infer<typeof invitationViewSchema>;
export const invitationsAnswerSchema = z.object({
  invitations: z.array(invitationViewSchema),
  nextCursor: z.string().nullable(),
});
export type InvitationsAnswer = z.infer<typeof invitationsAnswerSchema>;

export const sentInvitationSchema = invitationViewSchema.extend({
  url: z
    .string()
    .nullable()
    .describe(
      'To hand over; shown in this answer and nowhere else. Null for a client if it was sent by e-mail.',
    ),
});
export type SentInvitation = z.infer<typeof sentInvitationSchema>;

/** `GET /v1/me/sessions` */
export const sessionViewSchema = z.object({
  id: z.string().describe('`sgn_…`'),
  isThis: z.boolean().describe('The one that this request was made with.'),
  tenant: z.string().nullable().describe('The client’s handle; null for the operator’s portal.'),
  userAgent: z.string().nullable(),
  createdAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
  expiresAt: timeSchema,
});
export type SessionView = z.infer<typeof sessionViewSchema>;
export const sessionsAnswerSchema = z.object({ sessions: z.array(sessionViewSchema) });
export type SessionsAnswer = z.infer<typeof sessionsAnswerSchema>;

/** `POST /v1/me/place` */
export const choosePlaceSchema = z.strictObject({
  tenant: slugSchema.nullable().describe('The client’s handle; null for the operator’s portal.'),
});

/** `POST /v1/tenants/{slug}/view-as` */
export const viewAsSchema = z.strictObject({ role: z.enum(clientRoles).default('admin') });
