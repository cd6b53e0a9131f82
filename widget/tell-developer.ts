import type { CallError } from './failure.ts';

/**
 * Reports in the console, once, what only the site's developer can fix; a visitor's own problems are not reported.
 * @param error what was thrown, or `variables` for an attribute that cannot be read
 */
export function tellDeveloper(error: unknown, host: Element): void {
  const code = (error as CallError | null)?.failure?.code ?? null;
  if (error === 'variables') {
    warn('the attribute "variables" is not a JSON object and was ignored.');
  } else if (code === 'origin_not_allowed') {
    warn(
      `the server refuses calls from ${location.origin}. Add exactly this origin to the allowed origins of tenant ` +
        `"${host.getAttribute('tenant')}", and check that the tenant exists. If both are so, a proxy before the server ` +
        'drops the header Origin.',
    );
  } else if (code === 'microphone_forbidden') {
    warn(
      'the page may not use the microphone: its Permissions-Policy, or its frame without allow="microphone", forbids it.',
    );
  } else if (code === null || code === 'misconfigured') {
    warn(error instanceof Error ? error.message : String(error));
  }
}

const reported = new Set<string>();
function warn(text: string): void {
  if (reported.has(text)) return;
  reported.add(text);
  // biome-ignore lint/suspicious/noConsole: the only place that writes to the site developer's console.
  console.error(`[vapi-agent] ${text}`);
}
