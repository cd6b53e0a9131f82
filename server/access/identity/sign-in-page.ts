/** The page between a link and the portal; it runs no script, so that it works in every browser. */
import { createHash } from 'node:crypto';
import type { Branding } from '../../contract.ts';

const style = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b2430; --button: #1b2430; --on-button: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --card: #1b2129; --text: #e8ecf1; --button: #e8ecf1; --on-button: #12161c; }
}
* { box-sizing: border-box; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1rem; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; border-radius: 0.75rem; background: var(--card);
  border-top: 4px solid var(--accent, var(--button)); overflow-wrap: break-word; }
img { max-height: 3rem; max-width: 12rem; }
h1 { margin: 0.5rem 0; font-size: 1.4rem; line-height: 1.25; }
button { width: 100%; min-height: 3rem; margin-top: 1rem; border: 0; border-radius: 0.5rem; background: var(--button);
  color: var(--on-button); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
`;

export interface Page {
  html: string;
  /** `Content-Security-Policy` of exactly this page. */
  policy: string;
}

/** With the button that signs in. It posts to its own address, so that the page does not contain the token. */
export function confirmPage(branding: Branding): Page {
  const at = branding.name ? ` to ${escapeHtml(branding.name)}` : '';
  return page(
    branding,
    'Sign in',
    `<h1>Sign in${at}</h1>
<p>This link works once. You stay signed in on this device for 12 hours.</p>
<form method="post"><button>Sign in</button></form>`,
  );
}

/** The same for every link that does not work, for whatever reason. */
export function refusedPage(branding: Branding): Page {
  return page(
    branding,
    'This link does not work',
    `<h1>This link does not work</h1>
<p>A sign-in link works once, for 15 minutes. Ask the person who sent it for a new one.</p>`,
  );
}

function page({ name, logoUrl, accentColor }: Branding, title: string, content: string): Page {
  const css = accentColor ? `${style}:root { --accent: ${accentColor}; }\n` : style;
  const logo = logoUrl ? `<img src="${escapeHtml(logoUrl)}" alt="${escapeHtml(name ?? '')}">` : '';
  const hash = createHash('sha256').update(css).digest('base64');
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${css}</style>
</head>
<body>
<main>
${logo}
${content}
</main>
</body>
</html>
`,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; img-src https:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
