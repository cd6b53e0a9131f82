/** The element's attributes and event handlers as types, for templates that are checked. Types only. */
import type { VapiAgentEventMap } from './events.ts';

export interface VapiAgentAttributes {
  // begin: attributes (written by `npm run references` from vapi-agent.ts)
  /** The tenant's slug; required. */
  tenant: string;
  /** Id of the assistant, one of the tenant's `siteAssistantIds`. */
  assistant?: string;
  /** Base URL of the server. */
  server?: string;
  /** Speech, text or both. */
  mode?: 'voice' | 'chat' | 'hybrid';
  /** Where the launcher is. */
  placement?: 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left' | 'inline';
  /** Colours of the panel. */
  theme?: 'auto' | 'light' | 'dark';
  /** Size of the launcher; `small` is the icon only. */
  size?: 'small' | 'medium' | 'large';
  /** Language of the texts. */
  lang?: string;
  /** The launcher's text. */
  label?: string;
  /** Present while the panel is shown; set it to open the panel. */
  open?: boolean | '';
  /** Loads the panel and the tenant's settings as soon as the element is visible and the browser is idle, not on intent. */
  eager?: boolean | '';
  /** Continues a call when the visitor moves to another page of the site in the same tab. */
  rejoin?: boolean | '';
  /** JSON object of values for the assistant's prompt. */
  variables?: string;
  /** Who the visitor is: a JWT signed by the site's server with the client's identity key. */
  identity?: string;
  /** What the visitor looks at, for the assistant: read when a call is live and at each change, without a word being spoken. */
  context?: string;
  // end: attributes
}

/** `onvapi-agent-error` and so on, as React 19, Svelte 5 and Vue's JSX write them. */
export type VapiAgentHandlers = {
  [Name in keyof VapiAgentEventMap as `on${Name}`]?: (event: VapiAgentEventMap[Name]) => void;
};
