/** The sign-in cookie, and what a browser must prove to change something with it. */
import type { CookieOptions, Request } from 'express';

export interface SignInCookie {
  name: string;
  options: CookieOptions;
}

/** @param publicUrl over https, no other host or plain-text page can set or read the cookie (`__Host-`) */
export function signInCookie(publicUrl: string): SignInCookie {
  const secure = publicUrl.startsWith('https:');
  return {
    name: secure ? '__Host-vapi-agent' : 'vapi-agent',
    // Strict: the portal's own pages send it; requests started by other sites do not.
    options: { path: '/', httpOnly: true, secure, sameSite: 'strict' },
  };
}

/**
 * Binds an attempt to sign in to the browser that began it.
 * @param isFromElsewhere whether the browser comes back from another site, whose navigation must bring it
 */
export function attemptCookie(publicUrl: string, isFromElsewhere: boolean): SignInCookie {
  const { name, options } = signInCookie(publicUrl);
  return isFromElsewhere
    ? { name: `${name}-sso`, options: { ...options, sameSite: 'lax' } }
    : { name: `${name}-passkey`, options };
}

/** @returns null when there is none, or it is not one of ours */
export function cookieIn(req: Request, name: string): string | null {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=', 2);
    if (key === name) return /^[\w-]{43}$/.test(value) ? value : null;
  }
  return null;
}

/** Whether the request comes from a page of this server: browsers report it, and no page can forge it. */
export function isSameOrigin(req: Request, publicUrl: string): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return req.headers.origin === new URL(publicUrl).origin;
}
