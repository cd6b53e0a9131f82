/** Japanese. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: 'メッセージを残す',
  leadTitle: 'メッセージをお残しください',
  leadHelp: '折り返しご連絡いたします。',
  leadName: 'お名前',
  leadPhone: '電話番号',
  leadEmail: 'メールアドレス',
  leadMessage: 'メッセージ（任意）',
  leadNameMissing: 'お名前を入力してください。',
  leadContactMissing: '電話番号またはメールアドレスを入力してください。',
  leadPhoneWrong: 'この電話番号をご確認ください。',
  leadEmailWrong: 'このメールアドレスをご確認ください。',
  leadConsentMissing: '先に同意してください。',
  leadSend: 'メッセージを送信',
  leadSent: 'ありがとうございます。メッセージを受け取りました。',
  leadFailed: 'メッセージを送信できませんでした。内容は残っていますので、もう一度お試しください。',
  leadTooMany: '現在これ以上メッセージを受け付けられません。後ほどお試しください。',
};
