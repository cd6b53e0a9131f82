/**
 * What a capture may show of an exchange with Vapi: its shape, figures, times and Vapi's own fixed words. Deny by default: a
 * text that is not known to be one of those is replaced, since it may be a key, a phone number or something that was said. Pure.
 */

/** Fields whose text is one of Vapi's own words; anything else in them is replaced too. */
const fixedWords =
  /^(type|status|endedReason|role|provider|model|error|kind|tag|costType|cacheStrategy|subscriptionStatus)$/;
const isFixedWord = (text: string) => /^[A-Za-z][A-Za-z._-]{0,60}$/.test(text);
const isTime = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
const isUrl = (text: string) => /^[a-z]+:\/\//i.test(text);
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const isUuid = (text: string) => text.length === 36 && text.replace(uuid, '') === '';
/** Names and figures there may also contain what people wrote or said. */
const emptied =
  /^(metadata|variableValues|variables|headers|customer|destination|analysis|structuredData|structuredOutputs|messages|messagesOpenAIFormatted|messagesJSON|parameters|properties|arguments|result|tools|toolCalls|knowledgeBase|credentials|credentialIds)$/;

export interface Redactor {
  /** @param name of the field that holds the value */
  value(value: unknown, name?: string): unknown;
  /** Ids in it get the same stand-ins as elsewhere; a query is left out. */
  path(text: string): string;
}

/** Replaces URLs; the name of the URL's field follows it. */
export const redactedHost = 'https://redacted.invalid/';

/** The same id always becomes the same stand-in, so that a capture still shows what belongs together. */
export function createRedactor(): Redactor {
  const ids = new Map<string, string>();
  const standIn = (id: string) => {
    const known = ids.get(id.toLowerCase());
    if (known) return known;
    const made = `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
    ids.set(id.toLowerCase(), made);
    return made;
  };
  const text = (value: string, name: string): string => {
    if (isUuid(value)) return standIn(value);
    if (isTime(value)) return value;
    if (isUrl(value)) return `${redactedHost}${/^\w{1,40}$/.test(name) ? name : 'url'}`;
    if (fixedWords.test(name) && isFixedWord(value)) return value;
    return 'redacted';
  };
  const value = (given: unknown, name = ''): unknown => {
    if (typeof given === 'string') return text(given, name);
    if (typeof given === 'number') return /phone|number/i.test(name) ? 0 : given;
    if (typeof given !== 'object' || given === null) return given;
    if (emptied.test(name)) return Array.isArray(given) ? [] : {};
    if (Array.isArray(given))
      return given.map((entry) =>
        // Names of kinds of messages, as the assistant has them.
        typeof entry === 'string' && /Messages$/.test(name) && isFixedWord(entry)
          ? entry
          : value(entry, name),
      );
    return Object.fromEntries(
      Object.entries(given)
        .filter(([key]) => /^[A-Za-z]\w{0,60}$/.test(key))
        .map(([key, inner]) => [key, value(inner, key)]),
    );
  };
  return {
    value,
    path: (path) => (path.split('?')[0] ?? '').replace(uuid, standIn),
  };
}
