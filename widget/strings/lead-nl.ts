/** Dutch. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Laat een bericht achter',
  leadTitle: 'Laat een bericht voor ons achter',
  leadHelp: 'We nemen contact met u op.',
  leadName: 'Uw naam',
  leadPhone: 'Telefoonnummer',
  leadEmail: 'E-mailadres',
  leadMessage: 'Bericht (optioneel)',
  leadNameMissing: 'Vul uw naam in.',
  leadContactMissing: 'Vul een telefoonnummer of e-mailadres in.',
  leadPhoneWrong: 'Controleer dit telefoonnummer.',
  leadEmailWrong: 'Controleer dit e-mailadres.',
  leadConsentMissing: 'Ga hier eerst mee akkoord.',
  leadSend: 'Bericht versturen',
  leadSent: 'Bedankt. Uw bericht is aangekomen.',
  leadFailed: 'Uw bericht kon niet worden verstuurd. Het staat er nog: probeer het opnieuw.',
  leadTooMany: 'We kunnen nu geen berichten meer aannemen. Probeer het later opnieuw.',
};
