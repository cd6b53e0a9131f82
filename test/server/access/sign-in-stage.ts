/** A server whose portal can be signed in to, and a browser's part in that. */
import assert from 'node:assert/strict';
import type { SignInLinkAnswer } from '../../../server/contract.ts';
import { type MailSink, startMailSink } from '../../support/mail-sink.ts';
import type { Engine } from '../../support/postgres.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/test-server.ts';

export const publicUrl = 'https://voice.agency.example';

export interface SignInStage {
  server: TestServer;
  mail: MailSink;
  /** Headers of a network that was not seen before: the limit of failures is not what most tests are about. */
  elsewhere(): Record<string, string>;
  linkFor(input?: object): Promise<SignInLinkAnswer>;
  /** Where the link leads on this machine. */
  local(url: string): URL;
  get(url: string): Promise<Response>;
  post(url: string, headers?: Record<string, string>): Promise<Response>;
  /** @returns the `Cookie` header of a browser that is signed in */
  signIn(input?: object): Promise<string>;
  ask(cookie: string, method: string, path: string, options?: AskOptions): Promise<Answer>;
  isIn(cookie: string): Promise<boolean>;
  close(): Promise<void>;
}

interface AskOptions {
  headers?: Record<string, string>;
  body?: object;
}

/** The tenants `acme` and `rival`, and a mail server. */
export async function startSignInStage(engine: Engine): Promise<SignInStage> {
  const mail = await startMailSink();
  const server = await startTestServer({
    engine,
    config: { trustProxy: 1 },
    secrets: { smtp: { url: mail.url, from: 'voice@agency.example' } },
  });
  await server.createTenant();
  await server.createTenant({ slug: 'rival', name: 'Rival' });
  let networks = 0;
  const elsewhere = () => {
    networks += 1;
    return { 'x-forwarded-for': `198.${18 + (networks >> 8)}.${networks & 255}.1` };
  };
  const linkFor = async (input: object = {}): Promise<SignInLinkAnswer> => {
    const answer = await server.operator('POST', '/v1/sign-in-links', input);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const local = (url: string) => new URL(url.slice(publicUrl.length), server.url);
  const post = (url: string, headers: Record<string, string> = { origin: publicUrl }) =>
    fetch(local(url), { method: 'POST', headers: { ...elsewhere(), ...headers }, redirect: 'manual' });
  const ask = (
    cookie: string,
    method: string,
    path: string,
    { headers = { origin: publicUrl }, body = {} }: AskOptions = {},
  ): Promise<Answer> =>
    server.request(method, path, {
      headers: { cookie, 'content-type': 'application/json', ...elsewhere(), ...headers },
      ...(method === 'GET' ? {} : { body }),
    });
  return {
    server,
    mail,
    elsewhere,
    linkFor,
    local,
    get: (url) => fetch(local(url), { headers: elsewhere() }),
    post,
    signIn: async (input = {}) => {
      const response = await post((await linkFor(input)).url);
      assert.equal(response.status, 303);
      return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    },
    ask,
    isIn: async (cookie) => (await ask(cookie, 'GET', '/v1/me')).status === 200,
    close: async () => {
      await server.close();
      await mail.close();
    },
  };
}
