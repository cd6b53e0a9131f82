/** `import type {} from '…/frameworks/svelte'` declares the element for Svelte 5's templates. */
import type { VapiAgentAttributes, VapiAgentHandlers } from '../attributes.ts';
import type { VapiAgent } from '../vapi-agent.ts';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'vapi-agent': Omit<HTMLAttributes<VapiAgent>, keyof VapiAgentAttributes> &
      VapiAgentAttributes &
      VapiAgentHandlers;
  }
}
