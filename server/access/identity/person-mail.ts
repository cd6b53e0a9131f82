/** E-mails with links: to sign in, and to accept an invitation. What could not be delivered is noted where operators look. */
import type { Secrets } from '../../config.ts';
import type { Context } from '../../context.ts';
import { noteInvitationMail } from '../../store/invitations.ts';
import { findUserByEmail, listPlaces, noteMail } from '../../store/users.ts';
import { sendMail } from '../notices/mail.ts';
import type { FrontLimits } from './front-limits.ts';
import { makeLinkOfUser } from './sign-in.ts';

export type MailContext = Context & { smtp: Secrets['smtp']; frontLimits: FrontLimits };

/**
 * Sends a link, if the address belongs to someone who may sign in. To be called after the answer, which must not depend
 * on any of this; never throws.
 * @param email in lower case
 * @param agency whose portal it is; null when it has no name
 * @param request whose, by its network address
 */
export async function mailLinkTo(
  ctx: MailContext,
  email: string,
  agency: string | null,
  request: { requestId: string; address: string | undefined },
): Promise<void> {
  try {
    if (!(await ctx.frontLimits.mayMailLink(email, request.address))) return;
    const user = await findUserByEmail(ctx.store, email);
    if (!user || user.disabledAt !== null || (await listPlaces(ctx.store, user.id)).length === 0) return;
    const url = await makeLinkOfUser(ctx, user, { actor: user.id, requestId: request.requestId });
    const subject = agency ? `Sign in to ${agency}` : 'Your sign-in link';
    const text = `${subject}:\n\n${url}\n\nThe link works once, for 15 minutes. If you did not request it, ignore it.\n`;
    const isSent = await isAccepted(ctx, { to: email, subject, text });
    await noteMail(ctx.store, user.id, isSent ? null : ctx.now());
  } catch (error) {
    ctx.log.error({ err: error }, 'a sign-in link could not be made');
  }
}

/** @returns whether the mail server accepted it; the invitation is valid in any case */
export async function mailInvitation(
  ctx: MailContext,
  { place, email, hash }: { place: string; email: string; hash: string },
  where: string | null,
  url: string,
): Promise<{ mailedAt: number | null; mailFailedAt: number | null }> {
  const subject = where ? `You are invited to ${where}` : 'You are invited to the voice portal';
  const text = `${subject}:\n\n${url}\n\nThe link works for 7 days. If you did not expect it, ignore it.\n`;
  const isSent =
    (await ctx.frontLimits.mayMailInvitation(place, email)) &&
    (await isAccepted(ctx, { to: email, subject, text }));
  const now = ctx.now();
  const state = { mailedAt: isSent ? now : null, mailFailedAt: isSent ? null : now };
  await noteInvitationMail(ctx.store, hash, state);
  return state;
}

async function isAccepted(ctx: MailContext, mail: Parameters<typeof sendMail>[1]): Promise<boolean> {
  if (!ctx.smtp) return false;
  try {
    await sendMail(ctx.smtp, mail);
    return true;
  } catch (error) {
    ctx.log.warn({ err: error }, 'e-mail with a link not delivered');
    return false;
  }
}
