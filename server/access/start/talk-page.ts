/** The page on which an operator talks to a tenant's agent: the same for everyone, it reads the rest from its address. */
import { createHash } from 'node:crypto';
import type { Config } from '../../config.ts';
import { talkHeader } from './talk.ts';

/** What a call needs, as `widget/README.md` lists it. */
const daily = {
  script: 'https://c.daily.co',
  connect: [
    'https://*.daily.co wss://*.daily.co wss://*.wss.daily.co',
    'https://*.dailywebrtc.com wss://*.dailywebrtc.com https://*.dailywebrtc.net wss://*.dailywebrtc.net',
    'https://*.pluot.blue wss://*.pluot.blue https://*.ingest.sentry.io',
  ].join(' '),
};

const style = `
:root { color-scheme: light dark; }
body { margin: 0; background: light-dark(#f4f6f8, #11161c); color: light-dark(#1b2430, #e8ecf1);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 0.75rem; }
p { margin: 0; }
h1 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
vapi-agent { --vapi-agent-width: 100%; --vapi-agent-height: calc(100vh - 1.5rem); width: 100%; }
`;

/** Only our own requests carry the token. The portal is told when the panel closes, and nothing else. */
const script = `
const { portal } = document.documentElement.dataset;
const asked = new URLSearchParams(location.hash.slice(1));
const token = asked.get('token') ?? '';
const ours = new URL('v1/', location.href).href;
const expired = document.querySelector('[role=alert]');
const refuse = () => { expired.textContent = 'This link has expired. Open it again from the portal.'; };
const ask = window.fetch;
window.fetch = async (address, init) => {
  if (!String(address).startsWith(ours)) return ask(address, init);
  const answer = await ask(address, { ...init, headers: { ${JSON.stringify(talkHeader)}: token } });
  if (answer.status === 403 && (await answer.clone().json()).code === 'origin_not_allowed') refuse();
  return answer;
};
const close = () => { if (parent !== window) parent.postMessage('close', portal); };
addEventListener('vapi-agent-close', close);
addEventListener('keydown', (event) => { if (event.key === 'Escape' && !event.defaultPrevented) close(); });
addEventListener('hashchange', () => location.reload());
if (token) {
  const agent = document.createElement('vapi-agent');
  for (const name of ['tenant', 'mode']) agent.setAttribute(name, asked.get(name) ?? '');
  agent.setAttribute('placement', 'inline');
  agent.setAttribute('open', '');
  document.querySelector('main').append(agent);
} else refuse();
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** @returns the page, and its `Content-Security-Policy`: only the portal may frame it */
export function talkPage({ publicUrl, vapiBaseUrl, dailyProxyUrl }: Config): {
  html: string;
  policy: string;
} {
  const portal = new URL(publicUrl).origin;
  const relay = dailyProxyUrl ? new URL(dailyProxyUrl) : null;
  const relays = relay ? ` ${relay.origin} ${relay.protocol.replace('http', 'ws')}//${relay.host}` : '';
  return {
    html: `<!doctype html>
<html lang="en" data-portal="${portal}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Talk to the agent</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Talk to the agent</h1>
<p role="alert"></p>
</main>
<script>${script}</script>
<script type="module" src="widget.js"></script>
</body>
</html>
`,
    policy: [
      "default-src 'none'",
      `script-src 'self' ${hashOf(script)} 'wasm-unsafe-eval' ${daily.script}${relay ? ` ${relay.origin}` : ''}`,
      `connect-src 'self' ${new URL(vapiBaseUrl).origin} ${daily.connect}${relays}`,
      `style-src ${hashOf(style)}`,
      'img-src https: data:',
      'media-src blob: mediastream:',
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${portal}`,
    ].join('; '),
  };
}
