/** The text for a tenant's pages: exact, safe to paste, and honest about the site's origin. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { languages, type Platform, platforms, type SnippetView } from '../../../server/contract.ts';
import { snippetFor } from '../../../server/snippets.ts';
import { codeOf, pageOrigin, startTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
  await server.createTenant({
    appearance: { accentColor: '#9a3412', placement: 'top-left', theme: 'dark', radius: 8 },
  });
});
after(() => server?.close());

const snippet = async (query: string) =>
  (await server.operator('GET', `/v1/tenants/acme/snippet${query}`)).body;

test('plain HTML carries marks that keep optimizers away and the tenant’s looks, because a page asks for nothing before intent', async () => {
  const view: SnippetView = await snippet('');
  assert.equal(
    view.snippet,
    `<script data-cfasync="false" data-no-optimize="1" data-no-defer="1" data-no-minify="1" nowprocket data-noptimize="1" data-jetpack-boost="ignore" type="module" src="https://voice.agency.example/widget.js"></script>
<vapi-agent tenant="acme" placement="top-left" theme="dark" style="--vapi-agent-accent: #9a3412; --vapi-agent-radius: 8px"></vapi-agent>`,
  );
  assert.equal(view.origin, null);
});

test('colours get past a policy that forbids inline styles, or the snippet says how', async () => {
  const properties = '--vapi-agent-accent: #9a3412; --vapi-agent-radius: 8px';
  const html: SnippetView = await snippet('');
  assert.match(html.notes.join(), /Content-Security-Policy/);
  assert.ok(html.notes.join().includes(`vapi-agent { ${properties} }`), html.notes.join());
  const gtm: SnippetView = await snippet('?platform=gtm');
  assert.ok(gtm.snippet.includes("agent.style.setProperty('--vapi-agent-accent', '#9a3412');"), gtm.snippet);
  assert.doesNotMatch(gtm.snippet, /setAttribute\('style'/);
  assert.doesNotMatch(gtm.notes.join(), /Content-Security-Policy/);
  await server.createTenant({ slug: 'plain' });
  const plain = (await server.operator('GET', `/v1/tenants/plain/snippet?origin=${pageOrigin}`)).body;
  assert.deepEqual(plain.notes, []);
});

test('the first of the tenant’s modes is what a click does', async () => {
  for (const [index, [modes, mode]] of [
    [['voice', 'chat'], ''],
    [['chat'], ' mode="chat"'],
    [['hybrid', 'voice'], ' mode="hybrid"'],
  ].entries()) {
    const slug = `moded-${index}`;
    await server.createTenant({ slug, modes });
    const { snippet: text } = (await server.operator('GET', `/v1/tenants/${slug}/snippet`)).body;
    assert.ok(text.includes(`<vapi-agent tenant="${slug}"${mode}></vapi-agent>`), text);
  }
});

test('for WordPress it names the fields of the plugin’s page with the tenant’s values', async () => {
  await server.createTenant({
    slug: 'press',
    modes: ['hybrid'],
    appearance: { accentColor: '#9a3412', placement: 'top-left', theme: 'dark' },
    texts: { launcher: 'Ask us' },
    rejoinCalls: true,
  });
  const { snippet: text, where } = (
    await server.operator('GET', '/v1/tenants/press/snippet?platform=wordpress')
  ).body;
  assert.ok(where.startsWith('Download https://voice.agency.example/installs/vapi-agent.zip, '), where);
  assert.deepEqual(text.split('\n'), [
    'Backend URL: https://voice.agency.example',
    'Client name: press',
    'Text on the button: Ask us',
    'Corner: Top left',
    'Colour: #9a3412',
    'Light or dark: Dark',
    'What a click does: Lets visitors choose',
    'Continue a call from page to page: Yes',
    'In a page, if you want it there: [vapi_agent]',
  ]);
});

test('a tenant whose calls continue from page to page gets the attribute for it', async () => {
  await server.createTenant({ slug: 'wanderer', rejoinCalls: true });
  const { snippet: text } = (await server.operator('GET', '/v1/tenants/wanderer/snippet')).body;
  assert.match(text, /<vapi-agent tenant="wanderer" rejoin="">/);
});

test('the launcher’s text is in the requested language; the tenant’s own text takes precedence', async () => {
  for (const lang of languages) {
    const { strings } = (await import(`../../../widget/strings/${lang}.ts`)) as {
      strings?: { launcher: string };
    };
    const { en } = await import('../../../widget/strings/en.ts');
    const label = strings?.launcher ?? en.launcher;
    assert.ok((await snippet(`?lang=${lang}`)).snippet.includes(`label="${label}"`), lang);
  }
  assert.ok(!(await snippet('')).snippet.includes('label='));
  await server.createTenant({ slug: 'worded', texts: { launcher: 'Frag "Acme"' } });
  const own = (await server.operator('GET', '/v1/tenants/worded/snippet?lang=fr')).body;
  assert.match(own.snippet, /label="Frag &quot;Acme&quot;"/);
});

test('every platform gets a text with the server’s and the tenant’s names and a place to put it', async () => {
  for (const platform of platforms) {
    const view: SnippetView = await snippet(`?platform=${platform}`);
    assert.equal(view.platform, platform);
    assert.match(view.snippet, /https:\/\/voice\.agency\.example/);
    assert.match(view.snippet, /acme/);
    assert.ok(view.where.length > 10);
    assert.equal(view.snippet.includes('type="module"'), !['wordpress', 'wix', 'gtm'].includes(platform));
  }
});

test('the answer says whether the site is allowed; a pasted page address counts as its origin', async () => {
  assert.deepEqual((await snippet(`?origin=${pageOrigin}`)).origin, { origin: pageOrigin, allowed: true });
  assert.deepEqual((await snippet(`?origin=${pageOrigin}/shop?a=b`)).origin, {
    origin: pageOrigin,
    allowed: true,
  });
  assert.deepEqual((await snippet('?origin=https://copycat.example')).origin, {
    origin: 'https://copycat.example',
    allowed: false,
  });
});

test('without a site in the request, the answer names where the agent starts, or that it starts nowhere yet', async () => {
  const unasked: SnippetView = await snippet('?platform=gtm');
  assert.deepEqual(unasked.notes, [
    `The agent starts only on these origins: ${pageOrigin}. Any other must be allowed first.`,
  ]);
  assert.deepEqual((await snippet(`?platform=gtm&origin=${pageOrigin}`)).notes, []);
  await server.createTenant({ slug: 'nowhere', allowedOrigins: [] });
  for (const query of ['', `?origin=${pageOrigin}`]) {
    const { notes } = (await server.operator('GET', `/v1/tenants/nowhere/snippet${query}`)).body;
    assert.match(notes.join(), /^No page is allowed yet/, query);
  }
});

test('as plain text it is the snippet and nothing else, ready for a file', async () => {
  const headers = { authorization: `Bearer ${server.operatorKey}`, accept: 'text/plain' };
  const path = '/v1/tenants/acme/snippet?platform=gtm&origin=https://copycat.example';
  const answer = await server.request('GET', path, { headers });
  assert.match(String(answer.headers.get('content-type')), /^text\/plain/);
  assert.equal(answer.headers.get('x-origin-allowed'), 'false');
  assert.equal(answer.text, `${(await snippet('?platform=gtm')).snippet}\n`);
});

test('an unknown platform, a bad origin, no key and another tenant are refused', async () => {
  const refused = async (query: string) =>
    codeOf(await server.operator('GET', `/v1/tenants/acme/snippet${query}`));
  assert.equal(await refused('?platform=myspace'), 'invalid_request');
  assert.equal(await refused('?origin=javascript:alert(1)'), 'invalid_request');
  assert.equal(await refused('?colour=red'), 'invalid_request');
  assert.equal(codeOf(await server.request('GET', '/v1/tenants/acme/snippet')), 'unauthorized');
  assert.equal(codeOf(await server.operator('GET', '/v1/tenants/nobody/snippet')), 'not_found');
});

test('a client’s own key gets its own snippet and no one else’s', async () => {
  await server.createTenant({ slug: 'other' });
  const made = await server.operator('POST', '/v1/keys', {
    name: 'client',
    tenant: 'acme',
    scopes: ['read'],
  });
  assert.equal(made.status, 201, made.text);
  const headers = { authorization: `Bearer ${made.body.key}` };
  assert.equal((await server.request('GET', '/v1/tenants/acme/snippet', { headers })).status, 200);
  const other = await server.request('GET', '/v1/tenants/other/snippet', { headers });
  assert.equal(codeOf(other), 'not_found');
});

test('nothing in a snippet can end the tag or the script around it', () => {
  const server = `https://h/'"</script><b>`;
  for (const platform of ['html', 'gtm'] satisfies Platform[]) {
    const { snippet: text } = snippetFor({
      platform,
      server,
      tenant: 'acme',
      mode: 'voice',
      appearance: {},
      rejoinCalls: true,
      label: `'"</script><b>`,
    });
    assert.equal(text.split('</script>').length, 2, text);
    assert.ok(!text.includes('<b>'), text);
  }
});
