/** Italian. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Lasciare un messaggio',
  leadTitle: 'Ci lasci un messaggio',
  leadHelp: 'La ricontatteremo.',
  leadName: 'Il Suo nome',
  leadPhone: 'Numero di telefono',
  leadEmail: 'Indirizzo e-mail',
  leadMessage: 'Messaggio (facoltativo)',
  leadNameMissing: 'Inserisca il Suo nome.',
  leadContactMissing: 'Inserisca un numero di telefono o un indirizzo e-mail.',
  leadPhoneWrong: 'Controlli questo numero di telefono.',
  leadEmailWrong: 'Controlli questo indirizzo e-mail.',
  leadConsentMissing: 'Prima deve dare il consenso.',
  leadSend: 'Invia il messaggio',
  leadSent: 'Grazie. Il Suo messaggio è arrivato.',
  leadFailed: 'Non è stato possibile inviare il messaggio. È ancora qui: riprovi.',
  leadTooMany: 'Al momento non possiamo ricevere altri messaggi. Riprovi più tardi.',
};
