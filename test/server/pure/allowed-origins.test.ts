import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  entriesMeantBy,
  isOriginAllowed,
  parseAllowedOrigin,
} from '../../../server/access/tenants/allowed-origins.ts';

describe('an entry is stored in the form in which it is compared', () => {
  const cases: [entry: string, stored: string][] = [
    ['https://acme.example', 'https://acme.example'],
    ['HTTPS://ACME.Example', 'https://acme.example'],
    ['https://acme.example/', 'https://acme.example'],
    ['  https://acme.example  ', 'https://acme.example'],
    ['https://acme.example:443', 'https://acme.example'],
    ['https://acme.example:8443', 'https://acme.example:8443'],
    ['https://münchen.example', 'https://xn--mnchen-3ya.example'],
    ['https://*.acme.example', 'https://*.acme.example'],
    ['https://*.ACME.example:443', 'https://*.acme.example'],
    ['http://localhost:8788', 'http://localhost:8788'],
    ['http://127.0.0.1:80', 'http://127.0.0.1'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['http://shop.localhost', 'http://shop.localhost'],
  ];
  for (const [entry, stored] of cases) {
    it(`${entry} -> ${stored}`, () => {
      assert.deepEqual(parseAllowedOrigin(entry), { ok: true, origin: stored });
    });
  }
});

describe('an entry that could let a stranger in is refused with its reason', () => {
  const cases: [entry: string, reason: RegExp][] = [
    ['', /empty/],
    ['*', /every page/],
    ['null', /every page/],
    ['acme.example', /form https/],
    ['http://acme.example', /use https/],
    ['ftp://acme.example', /only https/],
    ['javascript://acme.example', /only https/],
    ['https://acme.example/shop', /no path/],
    ['https://acme.example/?', /no path/],
    ['https://acme.example#x', /no path/],
    ['https://user@acme.example', /user/],
    ['https://user:pw@acme.example', /user/],
    ['https://acme.example.', /host/],
    ['https://*', /form https|host/],
    ['https://a.*.example', /wildcard/],
    ['https://*.*.acme.example', /wildcard/],
    ['https://*acme.example', /wildcard/],
    ['https://*.com', /anyone can register/],
    ['https://*.co.uk', /anyone can register/],
    ['https://*.github.io', /anyone can register/],
    ['https://*.s3.amazonaws.com', /anyone can register/],
    ['https://*.127.0.0.1', /address|form/],
    ['https://*.[::1]', /address|form/],
    [`https://${'a'.repeat(300)}.example`, /too long/],
  ];
  for (const [entry, reason] of cases) {
    it(entry.slice(0, 60) || '(empty)', () => {
      const parsed = parseAllowedOrigin(entry);
      assert.equal(parsed.ok, false);
      assert.match(parsed.ok ? '' : parsed.reason, reason);
    });
  }

  it('permits plain http beyond localhost only when the operator says so', () => {
    assert.deepEqual(parseAllowedOrigin('http://intranet.example', true), {
      ok: true,
      origin: 'http://intranet.example',
    });
  });
});

describe('a wildcard on a host where anyone can get a name', () => {
  const hosts =
    'wordpress.com wix.com squarespace.com substack.com ghost.io weebly.com tumblr.com medium.com glitch.me amazonaws.com ' +
    'eu-west-1.amazonaws.com nip.io sslip.io 10.0.0.1.nip.io acme.nip.io azure.com windows.net googleapis.com ' +
    'on.aws webflow.io myshopify.com pages.dev netlify.app zendesk.com railway.app WordPress.com';
  for (const host of hosts.split(' ')) {
    it(`is refused: *.${host}`, () => {
      const parsed = parseAllowedOrigin(`https://*.${host}`);
      assert.match(parsed.ok ? 'allowed' : parsed.reason, /^anyone can register a name below/);
    });
  }

  it('admits no page, when a list from before the rule still has it', () => {
    for (const [entry, page] of [
      ['https://*.wordpress.com', 'https://stranger.wordpress.com'],
      ['https://*.nip.io:8443', 'https://stranger.nip.io:8443'],
    ] as const) {
      assert.equal(isOriginAllowed([entry], page), false);
      assert.equal(isOriginAllowed([entry, page], page), true);
    }
  });

  it("does not keep out a customer's own page there, or names below its own name", () => {
    const own = ['https://acme.wordpress.com', 'https://*.acme.wordpress.com', 'https://acme.nip.io'];
    for (const entry of [...own, 'https://acme.s3.amazonaws.com', 'https://*.mywordpress.com']) {
      assert.deepEqual(parseAllowedOrigin(entry), { ok: true, origin: entry });
    }
  });
});

describe('a page is allowed only by an exact match or one wildcard label', () => {
  const allowed = ['https://acme.example', 'https://*.wild.example', 'http://localhost:8788'];
  const cases: [header: string | undefined, let_in: boolean][] = [
    ['https://acme.example', true],
    ['http://localhost:8788', true],
    ['https://shop.wild.example', true],
    ['https://a.b.wild.example', true],
    ['https://wild.example', false],
    ['https://evilwild.example', false],
    ['https://.wild.example', false],
    ['https://shop.wild.example.', false],
    ['http://shop.wild.example', false],
    ['https://shop.wild.example:8443', false],
    ['http://acme.example', false],
    ['https://acme.example:8443', false],
    ['https://acme.example:443', false],
    ['https://ACME.example', false],
    ['https://acme.example/', false],
    ['https://acme.example.evil.example', false],
    ['https://evilacme.example', false],
    ['https://acme.example@evil.example', false],
    ['https://acme.example, https://evil.example', false],
    ['null', false],
    ['file://', false],
    ['', false],
    [undefined, false],
    [`https://${'a.'.repeat(4000)}wild.example`, false],
  ];
  for (const [header, letIn] of cases) {
    it(`${String(header).slice(0, 60)} -> ${letIn ? 'in' : 'out'}`, () => {
      assert.equal(isOriginAllowed(allowed, header), letIn);
    });
  }

  it('an empty list allows no one', () => {
    assert.equal(isOriginAllowed([], 'https://acme.example'), false);
  });
});

describe('a bare domain means its https site with and without www, and anything else itself', () => {
  const cases: [entry: string, meant: string[]][] = [
    ['acme.example', ['https://acme.example', 'https://www.acme.example']],
    [' WWW.Acme.example/ ', ['https://acme.example', 'https://www.acme.example']],
    ['münchen.example', ['https://xn--mnchen-3ya.example', 'https://www.xn--mnchen-3ya.example']],
    ['acme.wordpress.com', ['https://acme.wordpress.com', 'https://www.acme.wordpress.com']],
    // The www of such a host may be a stranger's.
    ['wordpress.com', ['https://wordpress.com']],
    ['www.wordpress.com', ['https://www.wordpress.com']],
    ['co.uk', ['https://co.uk']],
    ['https://acme.example', ['https://acme.example']],
    ['*.acme.example', ['*.acme.example']],
    ['localhost', ['localhost']],
    ['10.0.0.1', ['10.0.0.1']],
    ['acme.example:8443', ['acme.example:8443']],
    ['acme.example/shop', ['acme.example/shop']],
    ['acme.example.', ['acme.example.']],
    ['user@acme.example', ['user@acme.example']],
    ['', ['']],
  ];
  for (const [entry, meant] of cases) {
    it(`${entry} -> ${meant.join(', ')}`, () => assert.deepEqual(entriesMeantBy(entry), meant));
  }
});
