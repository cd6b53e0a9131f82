/**
 * What a model writes in Markdown, as far as a conversation needs it: links, bold text and lists. Lit inserts all of it
 * as text, and an address becomes a link only if its scheme is harmless.
 */
import { html, type TemplateResult } from 'lit';

const item = /^\s*(?:[-*•]|\d{1,2}[.)])\s+/;
const heading = /^#{1,6}\s+/;
/** Bold text, a link with a name, a bare address, a bare international number. */
const marks =
  /\*\*([^*\n]+)\*\*|\[([^\]\n]{1,200})\]\(([^\s()]+)\)|(https:\/\/[^\s<>"'()]+[^\s<>"'().,;:!?])|(\+\d[\d /-]{6,18}\d)/g;

type Rich = string | TemplateResult;

export function richText(text: string): Rich[] {
  const parts: Rich[] = [];
  let items: string[] = [];
  const endList = (): void => {
    if (items.length > 0) parts.push(html`<ul>${items.map((each) => html`<li>${inline(each)}</li>`)}</ul>`);
    items = [];
  };
  for (const line of text.split('\n')) {
    if (item.test(line)) items.push(line.replace(item, ''));
    else {
      const isFirst = parts.length === 0 && items.length === 0;
      endList();
      if (!isFirst && !(parts.at(-1) as TemplateResult | undefined)?.strings?.[0]?.startsWith('<ul'))
        parts.push('\n');
      parts.push(
        heading.test(line) ? html`<b>${inline(line.replace(heading, ''))}</b>` : html`${inline(line)}`,
      );
    }
  }
  endList();
  return parts;
}

function inline(text: string): Rich[] {
  const parts: Rich[] = [];
  let from = 0;
  for (const match of text.matchAll(marks)) {
    const [all, bold, name, address, url, number] = match;
    const href = address ?? url ?? (number && `tel:${number.replace(/[^+\d]/g, '')}`);
    parts.push(text.slice(from, match.index));
    from = match.index + all.length;
    if (bold) parts.push(html`<b>${bold}</b>`);
    else parts.push(href && isHarmless(href) ? link(href, name ?? all) : (name ?? all));
  }
  parts.push(text.slice(from));
  return parts;
}

const link = (href: string, name: string): TemplateResult =>
  html`<a href=${href} target="_blank" rel="noopener noreferrer">${name}</a>`;

/** Without a parser, which many browsers do not have as `URL.parse`: nothing can stand before a scheme. */
const isHarmless = (href: string): boolean => /^(https|tel|mailto):/i.test(href);
