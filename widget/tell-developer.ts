import type { CallError } from './failure.ts';

/** What only the site's developer can mend is said once in the console; a visitor's own troubles are not. */
export function tellDeveloper(error: unknown, host: Element): void {
  const code = (error as CallError | null)?.failure?.code ?? null;
  if (code === 'origin_not_allowed') {
    warn(
      `the server refuses calls from ${location.origin}. Add exactly this origin to the allowed origins of tenant ` +
        `"${host.getAttribute('tenant')}", and check that the tenant exists.`,
    );
  } else if (code === 'microphone_forbidden') {
    warn(
      'the page may not use the microphone: its Permissions-Policy, or its frame without allow="microphone", forbids it.',
    );
  } else if (code === null || code === 'misconfigured') {
    warn(error instanceof Error ? error.message : String(error));
  }
}

const told = new Set<string>();
function warn(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  // biome-ignore lint/suspicious/noConsole: the one place that speaks to the site's developer.
  console.error(`[vapi-agent] ${text}`);
}
