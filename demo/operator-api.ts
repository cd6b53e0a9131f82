/** The HTTP API as an operator uses it, with the operator's key. */
import type {
  CallDetail,
  CallsAnswer,
  CloseReport,
  CreateTenant,
  MadeIdentityKey,
  SignInLinkAnswer,
  TenantView,
  UsageAnswer,
} from '../server/contract.ts';

/** The operator always sees the cost; a client does not. */
export type OperatorUsage = UsageAnswer & { total: Required<UsageAnswer['total']> };

export interface OperatorApi {
  createTenant(tenant: CreateTenant): Promise<TenantView>;
  /** Makes Vapi report the calls of the tenant's assistant to the server. */
  wire(slug: string): Promise<void>;
  /** @param query such as `?by=month` */
  usage(slug: string, query?: string): Promise<OperatorUsage>;
  pause(slug: string): Promise<TenantView>;
  makeIdentityKey(slug: string): Promise<MadeIdentityKey>;
  calls(slug: string, query?: string): Promise<CallsAnswer>;
  call(slug: string, id: string): Promise<CallDetail>;
  setSeller(seller: object): Promise<unknown>;
  /** @param from the day from which it applies, however long ago */
  setPlan(slug: string, plan: object, from: string): Promise<unknown>;
  /** Bills everything up to and including that month. */
  closeMonths(month: string): Promise<CloseReport>;
  /** @param slug omitted for the operator's own portal */
  signInLink(slug?: string): Promise<SignInLinkAnswer>;
}

/** @throws Error with the answer's text when the server refuses */
export function operatorApi(server: string, operatorKey: string): OperatorApi {
  const ask = <Answer>(method: string, path: string, body?: object) =>
    request<Answer>(method, `${server}/v1/tenants${path}`, operatorKey, body);
  const askV1 = <Answer>(method: string, path: string, body: object) =>
    request<Answer>(method, `${server}/v1/${path}`, operatorKey, body);
  return {
    createTenant: (tenant) => ask('POST', '', tenant),
    wire: (slug) => ask('POST', `/${slug}/wire`),
    usage: (slug, query = '') => ask('GET', `/${slug}/usage${query}`),
    pause: (slug) => ask('POST', `/${slug}/pause`),
    makeIdentityKey: (slug) => ask('POST', `/${slug}/identity-key`),
    calls: (slug, query = '') => ask('GET', `/${slug}/calls${query}`),
    call: (slug, id) => ask('GET', `/${slug}/calls/${id}`),
    setSeller: (seller) => askV1('PUT', 'billing/seller', seller),
    setPlan: (slug, plan, from) => ask('PUT', `/${slug}/plan`, { plan, from, backdate: true }),
    closeMonths: (month) => askV1('POST', 'billing/close?wait=true', { month }),
    signInLink: (slug) => askV1('POST', 'sign-in-links', slug ? { tenant: slug } : {}),
  };
}

async function request<Answer>(method: string, url: string, key: string, body?: object): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}
