/** Polish. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Zostaw wiadomość',
  leadTitle: 'Zostaw nam wiadomość',
  leadHelp: 'Odezwiemy się do Ciebie.',
  leadName: 'Imię i nazwisko',
  leadPhone: 'Numer telefonu',
  leadEmail: 'Adres e-mail',
  leadMessage: 'Wiadomość (opcjonalnie)',
  leadNameMissing: 'Podaj imię i nazwisko.',
  leadContactMissing: 'Podaj numer telefonu lub adres e-mail.',
  leadPhoneWrong: 'Sprawdź ten numer telefonu.',
  leadEmailWrong: 'Sprawdź ten adres e-mail.',
  leadConsentMissing: 'Najpierw wyraź zgodę.',
  leadSend: 'Wyślij wiadomość',
  leadSent: 'Dziękujemy. Wiadomość dotarła.',
  leadFailed: 'Nie udało się wysłać wiadomości. Nadal tu jest: spróbuj ponownie.',
  leadTooMany: 'Nie możemy teraz przyjąć więcej wiadomości. Spróbuj później.',
};
