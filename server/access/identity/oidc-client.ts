/** The only file that speaks OpenID Connect: sending a browser to the issuer, and learning whose address comes back. */
import type * as openId from 'openid-client';
import type { OidcSettings } from '../../base/oidc-settings.ts';

/** Compared with the answer; kept in the database meanwhile. */
export interface OidcChecks {
  state: string;
  nonce: string;
  verifier: string;
}

/** Neither is what a person did wrong. */
export class IssuerUnavailable extends Error {}
export class IssuerRefused extends Error {}

export interface OidcClient {
  settings: Pick<OidcSettings, 'allowed' | 'newRole'>;
  /** @throws IssuerUnavailable */
  begin(): Promise<{ url: string; checks: OidcChecks }>;
  /**
   * @param query of the address that the browser came back with
   * @returns the address as the issuer writes it, and null unless the issuer has verified it
   * @throws IssuerUnavailable; IssuerRefused when the answer is not to what was asked
   */
  finish(query: string, checks: OidcChecks): Promise<{ email: string | null }>;
}

const timeoutSeconds = 8;

/** Nothing is asked before someone signs in: an issuer that is down does not keep the server from starting. */
export function createOidcClient(
  { issuer, clientId, clientSecret, allowed, newRole }: OidcSettings,
  publicUrl: string,
): OidcClient {
  let known: Promise<openId.Configuration> | null = null;
  const library = () => import('openid-client');
  const redirectUri = `${publicUrl}/portal/sso/callback`;

  async function configuration(): Promise<openId.Configuration> {
    const { discovery, allowInsecureRequests } = await library();
    const insecure = issuer.startsWith('http:') ? { execute: [allowInsecureRequests] } : {};
    const options = { timeout: timeoutSeconds, ...insecure };
    known ??= discovery(new URL(issuer), clientId, clientSecret, undefined, options);
    try {
      return await known;
    } catch (error) {
      // The next one asks again.
      known = null;
      throw new IssuerUnavailable('the OpenID Connect issuer cannot be read', { cause: error });
    }
  }

  return {
    settings: { allowed, newRole },
    async begin() {
      const config = await configuration();
      const {
        buildAuthorizationUrl,
        calculatePKCECodeChallenge,
        randomNonce,
        randomPKCECodeVerifier,
        randomState,
      } = await library();
      const checks = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const url = buildAuthorizationUrl(config, {
        ...{ redirect_uri: redirectUri, scope: 'openid email', state: checks.state, nonce: checks.nonce },
        code_challenge: await calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, checks };
    },
    async finish(query, { state, nonce, verifier }) {
      const config = await configuration();
      const { authorizationCodeGrant, fetchUserInfo } = await library();
      const expected = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
      try {
        const address = new URL(`${redirectUri}?${query}`);
        const tokens = await authorizationCodeGrant(config, address, { ...expected, idTokenExpected: true });
        const claims = tokens.claims();
        if (!claims) throw new Error('no claims');
        // Issuers name the address in the token, or only when asked for it.
        const about =
          typeof claims.email === 'string'
            ? claims
            : await fetchUserInfo(config, tokens.access_token, claims.sub);
        const isVerified = typeof about.email === 'string' && about.email_verified === true;
        // As it is: in lower case some other letters become Latin ones, and so another person's address.
        return { email: isVerified ? String(about.email) : null };
      } catch (error) {
        const { name = '', message = '' } = error as Error;
        if (name === 'TimeoutError' || /fetch failed|timed out/i.test(message))
          throw new IssuerUnavailable('the OpenID Connect issuer does not answer', { cause: error });
        throw new IssuerRefused('the OpenID Connect answer was refused', { cause: error });
      }
    },
  };
}
