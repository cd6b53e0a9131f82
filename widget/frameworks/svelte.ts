/** `import type {} from '…/frameworks/svelte'` teaches Svelte 5's templates the element. */
import type { VapiAgentAttributes, VapiAgentHandlers } from '../attributes.ts';
import type { VapiAgent } from '../vapi-agent.ts';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'vapi-agent': Omit<HTMLAttributes<VapiAgent>, keyof VapiAgentAttributes> &
      VapiAgentAttributes &
      VapiAgentHandlers;
  }
}
