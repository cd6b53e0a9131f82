/**
 * The text that puts a tenant's agent on a site. Pure. The element's looks before the visitor's intent come from here,
 * because a page asks the server for nothing until then.
 */
import type { Appearance, Platform } from './contract.ts';

export interface SnippetOptions {
  platform: Platform;
  /** Base URL of this server, without a trailing slash. */
  server: string;
  tenant: string;
  appearance: Appearance;
  rejoinCalls: boolean;
  /** The launcher's text; null = the element's own, which is English. */
  label: string | null;
}

/** Where each builder takes code for every page. */
const places: Record<Platform, string> = {
  html: 'Before </body> on every page.',
  wordpress: 'Install the plugin vapi-agent.zip; the values go into Settings > Vapi Agent.',
  webflow: 'Site settings > Custom code > Footer code; then publish.',
  shopify: 'Online Store > Themes > Edit code > theme.liquid, before </body>.',
  wix: 'Settings > Custom Code > Add Custom Code: all pages, Body - end.',
  squarespace: 'Settings > Advanced > Code Injection > Footer.',
  framer: 'Site Settings > General > Custom Code > End of <body> tag.',
  ghost: 'Settings > Code injection > Site footer.',
  gtm: 'A Custom HTML tag with the trigger All Pages.',
};

export function snippetFor(options: SnippetOptions): { snippet: string; where: string } {
  const { platform } = options;
  return { snippet: texts[platform]?.(options) ?? tags(options), where: places[platform] };
}

const texts: Partial<Record<Platform, (options: SnippetOptions) => string>> = {
  wordpress: settings,
  wix: script,
  gtm: script,
};

/** What every page understands. */
function tags(options: SnippetOptions): string {
  const written = Object.entries(attributes(options)).map(
    ([name, value]) => `${name}="${escapeHtml(value)}"`,
  );
  return [
    `<script type="module" src="${escapeHtml(options.server)}/widget.js"></script>`,
    `<vapi-agent ${written.join(' ')}></vapi-agent>`,
  ].join('\n');
}

/** One classic script in the oldest syntax, for builders that take only scripts or rewrite modules and own elements. */
function script(options: SnippetOptions): string {
  const lines = Object.entries(attributes(options)).map(
    ([name, value]) => `  agent.setAttribute(${quote(name)}, ${quote(value)});`,
  );
  return [
    '<script>',
    '(function () {',
    "  if (document.querySelector('vapi-agent')) return;",
    "  var agent = document.createElement('vapi-agent');",
    ...lines,
    '  document.body.appendChild(agent);',
    "  var script = document.createElement('script');",
    `  script.src = ${quote(`${options.server}/embed.js`)};`,
    '  document.body.appendChild(script);',
    '})();',
    '</script>',
  ].join('\n');
}

/** The plugin writes the tags itself. */
function settings(options: SnippetOptions): string {
  return [
    `Backend URL: ${options.server}`,
    `Client name: ${options.tenant}`,
    'In a page, if you want it there: [vapi_agent]',
  ].join('\n');
}

function attributes({ tenant, appearance, rejoinCalls, label }: SnippetOptions): Record<string, string> {
  const { placement, theme, accentColor, radius } = appearance;
  const style = [
    accentColor && `--vapi-agent-accent: ${accentColor}`,
    radius !== undefined && `--vapi-agent-radius: ${radius}px`,
  ].filter(Boolean);
  return {
    tenant,
    ...(placement ? { placement } : {}),
    ...(theme ? { theme } : {}),
    ...(label ? { label } : {}),
    ...(rejoinCalls ? { rejoin: '' } : {}),
    ...(style.length > 0 ? { style: style.join('; ') } : {}),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** A JavaScript string that cannot end the script element around it. */
function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'").replaceAll('<', '\\u003c').replaceAll('\\"', '"')}'`;
}
