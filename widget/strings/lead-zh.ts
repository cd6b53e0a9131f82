/** Chinese. */
import type { LeadStrings } from './lead-en.ts';

export const strings: LeadStrings = {
  leadOpen: '改为留言',
  leadTitle: '给我们留言',
  leadHelp: '我们会与您联系。',
  leadName: '您的姓名',
  leadPhone: '电话号码',
  leadEmail: '电子邮箱',
  leadMessage: '留言（选填）',
  leadNameMissing: '请输入您的姓名。',
  leadContactMissing: '请输入电话号码或电子邮箱。',
  leadPhoneWrong: '请检查此电话号码。',
  leadEmailWrong: '请检查此电子邮箱。',
  leadConsentMissing: '请先表示同意。',
  leadSend: '发送留言',
  leadSent: '谢谢，我们已收到您的留言。',
  leadFailed: '留言未能发送，内容仍在此处，请重试。',
  leadTooMany: '目前无法接收更多留言，请稍后再试。',
};
