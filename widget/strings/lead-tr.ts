/** Turkish. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'Mesaj bırakın',
  leadTitle: 'Bize mesaj bırakın',
  leadHelp: 'Size geri döneceğiz.',
  leadName: 'Adınız',
  leadPhone: 'Telefon numarası',
  leadEmail: 'E-posta adresi',
  leadMessage: 'Mesaj (isteğe bağlı)',
  leadNameMissing: 'Lütfen adınızı yazın.',
  leadContactMissing: 'Lütfen bir telefon numarası veya e-posta adresi yazın.',
  leadPhoneWrong: 'Lütfen bu telefon numarasını kontrol edin.',
  leadEmailWrong: 'Lütfen bu e-posta adresini kontrol edin.',
  leadConsentMissing: 'Lütfen önce onay verin.',
  leadSend: 'Mesajı gönder',
  leadSent: 'Teşekkürler. Mesajınız ulaştı.',
  leadFailed: 'Mesajınız gönderilemedi. Hâlâ burada: lütfen tekrar deneyin.',
  leadTooMany: 'Şu anda daha fazla mesaj alamıyoruz. Lütfen daha sonra tekrar deneyin.',
};
