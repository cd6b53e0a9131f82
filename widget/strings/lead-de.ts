/** German. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Stattdessen eine Nachricht hinterlassen',
  leadTitle: 'Hinterlassen Sie uns eine Nachricht',
  leadHelp: 'Wir melden uns bei Ihnen.',
  leadName: 'Ihr Name',
  leadPhone: 'Telefonnummer',
  leadEmail: 'E-Mail-Adresse',
  leadMessage: 'Nachricht (optional)',
  leadNameMissing: 'Bitte geben Sie Ihren Namen ein.',
  leadContactMissing: 'Bitte geben Sie eine Telefonnummer oder E-Mail-Adresse ein.',
  leadPhoneWrong: 'Bitte prüfen Sie diese Telefonnummer.',
  leadEmailWrong: 'Bitte prüfen Sie diese E-Mail-Adresse.',
  leadConsentMissing: 'Bitte stimmen Sie zuerst zu.',
  leadSend: 'Nachricht senden',
  leadSent: 'Vielen Dank. Ihre Nachricht ist angekommen.',
  leadFailed:
    'Ihre Nachricht konnte nicht gesendet werden. Sie steht noch hier: Bitte versuchen Sie es erneut.',
  leadTooMany: 'Wir können gerade keine weiteren Nachrichten annehmen. Bitte versuchen Sie es später erneut.',
};
