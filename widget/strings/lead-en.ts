/** What the form for a message says; `lead-languages.ts` lists the translations. A tenant may replace each (`texts`). */
export const leadEn = {
  leadOpen: 'Leave a message instead',
  leadTitle: 'Leave us a message',
  leadHelp: 'We will get back to you.',
  leadName: 'Your name',
  leadPhone: 'Phone number',
  leadEmail: 'E-mail address',
  leadMessage: 'Message (optional)',
  leadNameMissing: 'Please enter your name.',
  leadContactMissing: 'Please enter a phone number or an e-mail address.',
  leadPhoneWrong: 'Please check this phone number.',
  leadEmailWrong: 'Please check this e-mail address.',
  leadConsentMissing: 'Please agree to this first.',
  leadSend: 'Send message',
  leadSent: 'Thank you. Your message has arrived.',
  leadFailed: 'Your message could not be sent. It is still here: please try again.',
  leadTooMany: 'We cannot take more messages right now. Please try again later.',
} as const;

export type LeadStrings = Readonly<Record<keyof typeof leadEn, string>>;
