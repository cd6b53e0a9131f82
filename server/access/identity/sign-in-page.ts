/** The pages before the portal: asking for a link, and between a link and the portal. They run no script, so that they work in every browser. */
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
a { color: inherit; }
h1 { margin: 0.5rem 0; font-size: 1.4rem; line-height: 1.25; }
label { display: block; margin-top: 1rem; }
input { width: 100%; min-height: 3rem; padding: 0 0.75rem; border: 1px solid currentColor; border-radius: 0.5rem;
  background: transparent; color: inherit; font: inherit; }
button { width: 100%; min-height: 3rem; margin-top: 1rem; border: 0; border-radius: 0.5rem; background: var(--button);
  color: var(--on-button); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
`;

export interface Page {
  html: string;
  /** `Content-Security-Policy` of exactly this page. */
  policy: string;
}

/** With the button that signs in. It posts to its own address, so that the page does not contain the token. */
export function confirmPage(branding: Branding): Page {
  return page(
    branding,
    'Sign in',
    `<h1>Sign in${to(branding)}</h1>
<p>This link works once. You stay signed in on this device until you sign out or have not used it for a while.</p>
<form method="post"><button>Sign in</button></form>`,
  );
}

/** As the page before, for an invitation. */
export function invitationPage(branding: Branding): Page {
  return page(
    branding,
    'You are invited',
    `<h1>You are invited${to(branding)}</h1>
<form method="post"><button>Accept and sign in</button></form>`,
  );
}

/**
 * The same for every link that does not work, for whatever reason.
 * @param mails whether this server can send another one
 * @param sso whether staff can sign in elsewhere
 */
export function refusedPage(branding: Branding, mails: boolean, sso: boolean): Page {
  return page(
    branding,
    'This link does not work',
    `<h1>This link does not work</h1>
<p>A sign-in link works once, for 15 minutes; an invitation for 7 days. ${mails ? 'Get a new link here.' : 'Ask the person who sent it for a new one.'}</p>
${mails ? requestForm : ''}
${otherWays(sso)}`,
  );
}

// The portal's page: a passkey needs a script, and these pages run none.
const otherWays = (sso: boolean): string =>
  `<p><a href="./">Sign in with a passkey</a></p>${sso ? '\n<p><a href="sso">Sign in with your company account</a> (staff)</p>' : ''}`;

const requestForm = `<form method="post" action="link">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" maxlength="254" required>
<button>E-mail me a link</button>
</form>`;

/**
 * Where someone without a sign-in begins.
 * @param mails whether this server can send links
 * @param sso whether staff can sign in elsewhere
 * @param problem what was wrong with the address
 */
export function requestPage(branding: Branding, mails: boolean, sso: boolean, problem = ''): Page {
  return page(
    branding,
    'Sign in',
    `<h1>Sign in${to(branding)}</h1>
${problem ? `<p role="alert">${problem}</p>` : ''}
${mails ? requestForm : '<p>This server cannot send e-mail. Ask the operator of this service for a sign-in link.</p>'}
${otherWays(sso)}`,
  );
}

/**
 * When signing in through OpenID Connect has failed.
 * @param back to the folder of the portal's pages, relative
 */
export function ssoProblemPage(branding: Branding, problem: string, back: string): Page {
  return page(
    branding,
    'Not signed in',
    `<h1>You are not signed in</h1>
<p role="alert">${escapeHtml(problem)}</p>
<p><a href="${back}link">Other ways to sign in</a></p>`,
  );
}

/** The same for every address. */
export function requestedPage(branding: Branding): Page {
  return page(
    branding,
    'Check your inbox',
    `<h1>Check your inbox</h1>
<p>If this address can sign in, a link is on its way. It works once, for 15 minutes.</p>
<p>Nothing there after a few minutes? Look in the spam folder, or ask the person who invited you.</p>`,
  );
}

/** For a person who belongs to several places. */
export function choosePage(branding: Branding, places: { slug: string | null; name: string | null }[]): Page {
  const forms = places.map(
    ({ slug, name }) => `<form method="post">
<input type="hidden" name="place" value="${escapeHtml(slug ?? '')}">
<button>${escapeHtml(name ?? branding.name ?? 'All clients')}</button>
</form>`,
  );
  return page(branding, 'Choose', `<h1>Where do you want to go?</h1>\n${forms.join('\n')}`);
}

const to = ({ name }: Branding): string => (name ? ` to ${escapeHtml(name)}` : '');

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
