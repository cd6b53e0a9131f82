import { createTransport } from 'nodemailer';
import type { Secrets } from '../../config.ts';

export interface Mail {
  to: string;
  subject: string;
  /** Plain text. */
  text: string;
}

/** A mail server that does not answer must not keep anyone waiting for minutes. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** @throws Error when no mail server is configured, or it rejects the mail */
export async function sendMail(smtp: Secrets['smtp'], mail: Mail): Promise<void> {
  if (!smtp) throw new Error('an e-mail has to be sent, but SMTP_URL is not set');
  await createTransport({ url: smtp.url, ...patience }).sendMail({ from: smtp.from, ...mail });
}
