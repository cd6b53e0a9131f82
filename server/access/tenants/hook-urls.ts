/** The addresses of an operator's own servers in a tenant's settings. */
import { outsideOrListed, outsideProblem } from '../../base/outside.ts';
import type { Config } from '../../config.ts';
import type { UpdateTenant } from '../../contract.ts';
import { ApiError } from '../../errors.ts';

/**
 * What a changed address shows of where it leads; a name is looked up only when it is used, each time.
 * @throws ApiError `invalid_request`, naming each that would never be reached
 */
export function checkHookUrls(
  config: Pick<Config, 'vapiBaseUrl' | 'privateTargets'>,
  { beforeCall, alerts, leads, webhookForwardUrl }: UpdateTenant,
): void {
  const urls = {
    'beforeCall.url': beforeCall?.url,
    'alerts.url': alerts?.url,
    'leads.url': leads?.url,
    webhookForwardUrl,
  };
  const errors = Object.entries(urls).flatMap(([path, url]) => {
    const problem = url ? outsideProblem(url, outsideOrListed(config)) : null;
    return problem
      ? [{ path, message: `${problem}; a server in a private network must be in ALLOW_PRIVATE_TARGETS` }]
      : [];
  });
  if (errors.length > 0) throw new ApiError('invalid_request', { errors });
}
