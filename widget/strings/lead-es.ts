/** Spanish. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Dejar un mensaje',
  leadTitle: 'Déjenos un mensaje',
  leadHelp: 'Nos pondremos en contacto con usted.',
  leadName: 'Su nombre',
  leadPhone: 'Número de teléfono',
  leadEmail: 'Correo electrónico',
  leadMessage: 'Mensaje (opcional)',
  leadNameMissing: 'Escriba su nombre.',
  leadContactMissing: 'Escriba un número de teléfono o un correo electrónico.',
  leadPhoneWrong: 'Compruebe este número de teléfono.',
  leadEmailWrong: 'Compruebe este correo electrónico.',
  leadConsentMissing: 'Primero debe aceptarlo.',
  leadSend: 'Enviar mensaje',
  leadSent: 'Gracias. Hemos recibido su mensaje.',
  leadFailed: 'No se pudo enviar su mensaje. Sigue aquí: inténtelo de nuevo.',
  leadTooMany: 'Ahora no podemos recibir más mensajes. Inténtelo más tarde.',
};
