/** What authentication, refusals and notices need beyond the `Context`. */
import type { Secrets } from '../config.ts';
import type { Context } from '../context.ts';
import type { FrontLimits } from './identity/front-limits.ts';
import type { OidcClient } from './identity/oidc-client.ts';
import type { Refusals } from './start/blocked-origins.ts';

export interface AccessContext extends Context {
  operatorApiKey: string;
  frontLimits: FrontLimits;
  /** Pages that were refused. */
  refusals: Refusals;
  /** Null when no e-mail can be sent. */
  smtp: Secrets['smtp'];
  /** Null when the operator's staff cannot sign in through OpenID Connect. */
  oidc: OidcClient | null;
}
