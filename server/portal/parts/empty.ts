/** A list without rows: what would be there, and the one thing to do about it. */
import { html, type TemplateResult } from 'lit';
import { type IconName, icon } from './icons.ts';

export function empty(name: IconName, text: string, action: TemplateResult | string = ''): TemplateResult {
  return html`<div class="empty">${icon(name)}<p>${text}</p>${action}</div>`;
}
