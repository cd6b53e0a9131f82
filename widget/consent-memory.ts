/**
 * What the visitor has agreed to, per tenant and version. Written only after the visitor has agreed; if the page may
 * not store anything, it is remembered until the page is left.
 */
const key = (tenant: string): string => `vapi-agent.consent.${tenant}`;
const thisPage = new Map<string, string>();

export function hasConsented(tenant: string, version: string): boolean {
  return (read(tenant) ?? thisPage.get(tenant)) === version;
}

export function rememberConsent(tenant: string, version: string): void {
  thisPage.set(tenant, version);
  try {
    localStorage.setItem(key(tenant), version);
  } catch {
    // Storage is full or forbidden.
  }
}

export function forgetConsent(tenant: string): void {
  thisPage.delete(tenant);
  try {
    localStorage.removeItem(key(tenant));
    // What was written under it, also if this page has not shown it (`chat.ts`).
    sessionStorage.removeItem('vapi-agent.chat');
  } catch {
    // Then nothing was stored either.
  }
}

function read(tenant: string): string | null {
  try {
    return localStorage.getItem(key(tenant));
  } catch {
    return null;
  }
}
