/**
 * The demo, and a site on a different origin whose pages embed the element, in every shape that a test writes. What the
 * pages load comes from the real server, which is another origin.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Demo, startDemo } from '../../../demo/start-demo.ts';

export interface HostSite {
  demo: Demo;
  /** Of the pages. */
  origin: string;
  /** The same pages under another name. */
  otherOrigin: string;
  /** `<script type="module" src="…/widget.js">` of this run's server. */
  script: string;
  /** One more tenant on the bakery's organization; `lab` already exists. */
  addTenant(slug: string, settings: Record<string, unknown>): Promise<void>;
  /** Sets the site's page. @returns its address */
  serve(body: string, page?: HostDocument): string;
  close(): Promise<void>;
}

export interface HostDocument {
  head?: string;
  /** Attributes of `<html>`. */
  root?: string;
  /** More answer headers, for example a policy. */
  headers?: Record<string, string>;
  /** Further documents and scripts of the page's own origin, by path. */
  files?: Record<string, File>;
}

export interface File {
  type: string;
  body: string;
}

export async function openHostSite(): Promise<HostSite> {
  const demo = await startDemo({
    ports: { server: 0, site: 0, foreignSite: 0, emulator: 0 },
    speed: 4,
    reportDelayMs: 100,
    pastCalls: false,
  });
  let files: Record<string, File> = {};
  let headers: Record<string, string> = {};
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file ? 200 : 404, { ...headers, 'content-type': file?.type ?? 'text/plain' });
    response.end(file?.body ?? 'no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const otherOrigin = origin.replace('localhost', '127.0.0.1');
  const add = (slug: string, settings: Record<string, unknown>) =>
    addTenant(demo, slug, { allowedOrigins: [origin, otherOrigin], limits: unlimited, ...settings });
  await add('lab', { name: 'The lab' });
  return {
    demo,
    origin,
    otherOrigin,
    script: `<script type="module" src="${demo.server}/widget.js"></script>`,
    addTenant: add,
    serve(body, page = {}) {
      files = { '/host': htmlFile(body, page), ...page.files };
      headers = page.headers ?? {};
      return `${origin}/host`;
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await demo.close();
    },
  };
}

/** A document of the site. */
export function htmlFile(body: string, { head = '', root = 'lang="en"' }: HostDocument = {}): File {
  return {
    type: 'text/html; charset=utf-8',
    body: `<!doctype html><html ${root}><head><meta charset="utf-8"><title>A host page</title>
    <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>`,
  };
}

/** A test clicks more often than a visitor, and no one reports the end of these tenants' calls. */
const unlimited = {
  callsPerMinutePerIp: 1000,
  callsPerHourPerIp: 1000,
  callsPerDayPerIp: 1000,
  callsPerMinute: 1000,
  concurrentCalls: 1000,
  monthlyBudgetMicros: 1_000_000_000_000,
};

async function addTenant(demo: Demo, slug: string, settings: Record<string, unknown>): Promise<void> {
  const org = demo.orgs.get('acme');
  assert.ok(org);
  const response = await fetch(`${demo.server}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      slug,
      name: slug,
      orgId: org.orgId,
      privateKey: org.privateKeys[0],
      assistantId: org.assistants[0]?.id,
      ...settings,
    }),
  });
  assert.equal(response.status, 201, await response.text());
}
