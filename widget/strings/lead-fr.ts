/** French. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Laisser plutôt un message',
  leadTitle: 'Laissez-nous un message',
  leadHelp: 'Nous vous répondrons.',
  leadName: 'Votre nom',
  leadPhone: 'Numéro de téléphone',
  leadEmail: 'Adresse e-mail',
  leadMessage: 'Message (facultatif)',
  leadNameMissing: 'Veuillez saisir votre nom.',
  leadContactMissing: 'Veuillez saisir un numéro de téléphone ou une adresse e-mail.',
  leadPhoneWrong: 'Veuillez vérifier ce numéro de téléphone.',
  leadEmailWrong: 'Veuillez vérifier cette adresse e-mail.',
  leadConsentMissing: 'Veuillez d’abord donner votre accord.',
  leadSend: 'Envoyer le message',
  leadSent: 'Merci. Votre message est bien arrivé.',
  leadFailed: 'Votre message n’a pas pu être envoyé. Il est toujours là : veuillez réessayer.',
  leadTooMany: 'Nous ne pouvons pas recevoir d’autres messages pour le moment. Veuillez réessayer plus tard.',
};
