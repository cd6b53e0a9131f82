/** Arabic. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'اترك رسالة بدلاً من ذلك',
  leadTitle: 'اترك لنا رسالة',
  leadHelp: 'سنتواصل معك.',
  leadName: 'اسمك',
  leadPhone: 'رقم الهاتف',
  leadEmail: 'البريد الإلكتروني',
  leadMessage: 'الرسالة (اختياري)',
  leadNameMissing: 'يرجى إدخال اسمك.',
  leadContactMissing: 'يرجى إدخال رقم هاتف أو بريد إلكتروني.',
  leadPhoneWrong: 'يرجى التحقق من رقم الهاتف.',
  leadEmailWrong: 'يرجى التحقق من البريد الإلكتروني.',
  leadConsentMissing: 'يرجى الموافقة أولاً.',
  leadSend: 'إرسال الرسالة',
  leadSent: 'شكرًا لك. وصلت رسالتك.',
  leadFailed: 'تعذّر إرسال رسالتك. ما زالت هنا: يرجى المحاولة مرة أخرى.',
  leadTooMany: 'لا يمكننا استقبال المزيد من الرسائل الآن. يرجى المحاولة لاحقًا.',
};
