/** Where a call may be ended. Pure. */

/**
 * Whether it is Vapi's: a webhook could name any address, and we post to it. Control URLs are on
 * `<worker>.vapi.ai` (vapi-facts 2.1); an emulator has them on its own origin.
 * @param baseUrl of Vapi's API
 */
export function isControlUrl(text: string, baseUrl: string): boolean {
  const url = URL.parse(text);
  if (!url || url.username || url.password) return false;
  return (
    url.origin === new URL(baseUrl).origin || (url.protocol === 'https:' && url.hostname.endsWith('.vapi.ai'))
  );
}

/** @returns null for one that is not Vapi's */
export function ownControlUrl(url: string | null | undefined, baseUrl: string): string | null {
  return url && isControlUrl(url, baseUrl) ? url : null;
}
