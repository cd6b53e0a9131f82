/** Portuguese. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Deixar uma mensagem',
  leadTitle: 'Deixe-nos uma mensagem',
  leadHelp: 'Entraremos em contato.',
  leadName: 'Seu nome',
  leadPhone: 'Número de telefone',
  leadEmail: 'Endereço de e-mail',
  leadMessage: 'Mensagem (opcional)',
  leadNameMissing: 'Informe seu nome.',
  leadContactMissing: 'Informe um número de telefone ou um e-mail.',
  leadPhoneWrong: 'Verifique este número de telefone.',
  leadEmailWrong: 'Verifique este endereço de e-mail.',
  leadConsentMissing: 'É preciso concordar primeiro.',
  leadSend: 'Enviar mensagem',
  leadSent: 'Obrigado. Sua mensagem chegou.',
  leadFailed: 'Não foi possível enviar sua mensagem. Ela continua aqui: tente novamente.',
  leadTooMany: 'Não podemos receber mais mensagens agora. Tente mais tarde.',
};
