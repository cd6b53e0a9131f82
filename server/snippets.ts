/**
 * The text that puts a tenant's agent on a site. Pure. The element's looks before the visitor shows intent come from here,
 * because a page requests nothing from the server until then.
 */
import type { Appearance, Placement, Platform, WidgetMode } from './contract.ts';

export interface SnippetOptions {
  platform: Platform;
  /** Base URL of this server, without a trailing slash. */
  server: string;
  tenant: string;
  /** What a click does: the first of the tenant's modes. */
  mode: WidgetMode;
  appearance: Appearance;
  rejoinCalls: boolean;
  /** The id of the assistant; default the tenant's main one. */
  assistant?: string | null;
  /** The launcher's text; null = the element's own, which is English. */
  label: string | null;
}

/** Where each builder accepts code for every page. */
const places: Record<Platform, string> = {
  html: 'Before </body> on every page.',
  wordpress:
    'Download SERVER/installs/vapi-agent.zip, install it with Plugins > Add New > Upload Plugin, then Settings > Vapi Agent: fill in the first two; the plugin gets the others from the backend automatically, unless you fill them in.',
  webflow: 'Site settings > Custom code > Footer code; then publish.',
  shopify: 'Online Store > Themes > Edit code > theme.liquid, before </body>.',
  wix: 'Settings > Custom Code > Add Custom Code: all pages, Body - end.',
  squarespace: 'Settings > Advanced > Code Injection > Footer.',
  framer: 'Site Settings > General > Custom Code > End of <body> tag.',
  ghost: 'Settings > Code injection > Site footer.',
  gtm: 'A Custom HTML tag with the trigger All Pages.',
};

export interface Snippet {
  snippet: string;
  where: string;
  /** What else the person who pastes it should know. */
  notes: string[];
}

export function snippetFor(options: SnippetOptions): Snippet {
  const { platform } = options;
  const snippet = texts[platform]?.(options) ?? tags(options);
  const looks = styleOf(options);
  const notes =
    looks && !texts[platform]
      ? [
          `If the site sends a Content-Security-Policy whose style-src forbids inline styles, remove the attribute style and put this into the site's own stylesheet instead: vapi-agent { ${looks} }`,
        ]
      : [];
  return { snippet, where: places[platform].replace('SERVER', () => options.server), notes };
}

/** A snippet on a page that is not allowed shows a button that starts nothing, so say it up front. */
export function noteOnOrigins(allowed: readonly string[], isAsked: boolean): string[] {
  if (allowed.length === 0)
    return ['No page is allowed yet: the agent starts on none until the site’s origin is allowed.'];
  return isAsked
    ? []
    : [`The agent starts only on these origins: ${allowed.join(', ')}. Any other must be allowed first.`];
}

const texts: Partial<Record<Platform, (options: SnippetOptions) => string>> = {
  wordpress: settings,
  wix: script,
  gtm: script,
};

/**
 * Keeps away what bundles or delays scripts on pages of unknown kind: Rocket Loader, which wants its mark before the
 * address, LiteSpeed Cache, WP Rocket, Autoptimize, Jetpack Boost. Perfmatters excludes by address only.
 */
const marks =
  ' data-cfasync="false" data-no-optimize="1" data-no-defer="1" data-no-minify="1" nowprocket data-noptimize="1" data-jetpack-boost="ignore"';

/** For pages of every kind. */
function tags(options: SnippetOptions): string {
  const style = styleOf(options);
  const written = Object.entries({ ...attributes(options), ...(style ? { style } : {}) }).map(
    ([name, value]) => `${name}="${escapeHtml(value)}"`,
  );
  return [
    `<script${options.platform === 'html' ? marks : ''} type="module" src="${escapeHtml(options.server)}/widget.js"></script>`,
    `<vapi-agent ${written.join(' ')}></vapi-agent>`,
  ].join('\n');
}

/** One classic script in the oldest syntax, for builders that accept only scripts or rewrite modules and custom elements. */
function script(options: SnippetOptions): string {
  const lines = Object.entries(attributes(options)).map(
    ([name, value]) => `  agent.setAttribute(${quote(name)}, ${quote(value)});`,
  );
  // Property by property: a page's policy that forbids style attributes allows this.
  const looks = Object.entries(properties(options)).map(
    ([name, value]) => `  agent.style.setProperty(${quote(name)}, ${quote(value)});`,
  );
  return [
    '<script>',
    '(function () {',
    "  if (document.querySelector('vapi-agent')) return;",
    "  var agent = document.createElement('vapi-agent');",
    ...lines,
    ...looks,
    '  document.body.appendChild(agent);',
    "  var script = document.createElement('script');",
    `  script.src = ${quote(`${options.server}/embed.js`)};`,
    '  document.body.appendChild(script);',
    '})();',
    '</script>',
  ].join('\n');
}

const corners: Partial<Record<Placement, string>> = {
  'bottom-right': 'Bottom right',
  'bottom-left': 'Bottom left',
  'top-right': 'Top right',
  'top-left': 'Top left',
};
const themes = { auto: 'As the visitor’s device', light: 'Light', dark: 'Dark' };
const clicks: Record<WidgetMode, string> = {
  voice: 'Starts a call',
  chat: 'Chat',
  hybrid: 'Lets visitors choose',
};

/** The plugin writes the tags itself; these are the fields of its page, in its order and wording. */
function settings({
  server,
  tenant,
  mode,
  appearance,
  rejoinCalls,
  assistant,
  label,
}: SnippetOptions): string {
  const { placement, theme, accentColor } = appearance;
  const corner = placement && corners[placement];
  return [
    `Backend URL: ${server}`,
    `Client name: ${tenant}`,
    ...(label ? [`Text on the button: ${label}`] : []),
    ...(corner ? [`Corner: ${corner}`] : []),
    ...(accentColor ? [`Colour: ${accentColor}`] : []),
    ...(theme ? [`Light or dark: ${themes[theme]}`] : []),
    ...(mode === 'voice' ? [] : [`What a click does: ${clicks[mode]}`]),
    ...(rejoinCalls ? ['Continue a call from page to page: Yes'] : []),
    assistant
      ? `In the page where this assistant answers: [vapi_agent assistant="${assistant}"]`
      : 'In a page, if you want it there: [vapi_agent]',
  ].join('\n');
}

function attributes({
  tenant,
  mode,
  appearance,
  rejoinCalls,
  assistant,
  label,
}: SnippetOptions): Record<string, string> {
  const { placement, theme } = appearance;
  return {
    tenant,
    ...(assistant ? { assistant } : {}),
    // The element's own default is left out.
    ...(mode === 'voice' ? {} : { mode }),
    ...(placement ? { placement } : {}),
    ...(theme ? { theme } : {}),
    ...(label ? { label } : {}),
    ...(rejoinCalls ? { rejoin: '' } : {}),
  };
}

/** The element's custom properties that the tenant sets. */
function properties({ appearance: { accentColor, radius } }: SnippetOptions): Record<string, string> {
  return {
    ...(accentColor ? { '--vapi-agent-accent': accentColor } : {}),
    ...(radius === undefined ? {} : { '--vapi-agent-radius': `${radius}px` }),
  };
}

function styleOf(options: SnippetOptions): string {
  return Object.entries(properties(options))
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** A JavaScript string that cannot end the script element around it. */
function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'").replaceAll('<', '\\u003c').replaceAll('\\"', '"')}'`;
}
