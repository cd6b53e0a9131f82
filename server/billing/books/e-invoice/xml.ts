/** Elements of an XML document, written with every text escaped. Pure. */

export interface Element {
  name: string;
  attributes: Record<string, string>;
  content: string | Element[];
}

type Child = Element | null;

/** An element with text or with children, of which null ones are left out. */
export function element(
  name: string,
  content: string | (Child | Child[])[],
  attributes: Record<string, string> = {},
): Element {
  if (typeof content === 'string') return { name, attributes, content };
  return { name, attributes, content: content.flat().filter((child) => child !== null) };
}

/** Null if there is no text. */
export function optional(
  name: string,
  text: string | null | undefined,
  attributes?: Record<string, string>,
): Child {
  return text ? element(name, text, attributes) : null;
}

/** UTF-8, one element a line. */
export function xmlOf(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, '')}`;
}

function lines({ name, attributes, content }: Element, indent: string): string {
  const open = `${indent}<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('')}`;
  if (typeof content === 'string') return `${open}>${escaped(content)}</${name}>\n`;
  if (content.length === 0) return `${open}/>\n`;
  return `${open}>\n${content.map((child) => lines(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
}

/** XML 1.0 has no form for some characters: they become U+FFFD, so that the document can always be read. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
