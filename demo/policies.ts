/** Content-Security-Policies of the demo's pages, and the one that a real page needs. */

/** As in `widget/README.md`; a test compares them. @param server base URL */
export const documentedPolicy = (server: string): string =>
  [
    `script-src  ${server} https://c.daily.co`,
    `connect-src ${server} https://*.daily.co wss://*.daily.co wss://*.wss.daily.co`,
    '            https://*.dailywebrtc.com wss://*.dailywebrtc.com https://*.dailywebrtc.net wss://*.dailywebrtc.net',
    '            https://*.pluot.blue wss://*.pluot.blue https://*.ingest.sentry.io',
    'media-src   blob: mediastream:',
  ].join('\n');

/** In both: everything else is forbidden, except the page's own style sheet and icon. */
const rest = [
  "style-src 'self'",
  'img-src data:',
  'media-src blob: mediastream:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Hosts by name; the emulator replaces Daily's, and its voice needs WebAssembly. */
export const strictPolicy = (server: string, emulator: string): string =>
  [
    "default-src 'none'",
    `script-src ${server} ${emulator} 'wasm-unsafe-eval'`,
    `connect-src ${server} ${emulator}`,
    ...rest,
  ].join('; ');

/** No host for scripts: a script with the nonce may load more. `{{NONCE}}` is filled in with each answer. */
export const noncePolicy = (server: string, emulator: string): string =>
  [
    "default-src 'none'",
    "script-src 'nonce-{{NONCE}}' 'strict-dynamic' 'wasm-unsafe-eval'",
    `connect-src ${server} ${emulator}`,
    ...rest,
  ].join('; ');
