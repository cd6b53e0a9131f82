/** The element's attributes and event handlers as types, for templates that are checked. Types only. */
import type { Placement, Theme, WidgetMode } from '../server/contract.ts';
import type { VapiAgentEventMap } from './events.ts';

export interface VapiAgentAttributes {
  /** The tenant's slug. */
  tenant: string;
  /** Base URL of the server; default: where the script came from. */
  server?: string;
  mode?: WidgetMode;
  placement?: Placement;
  theme?: Theme;
  size?: 'small' | 'medium' | 'large';
  lang?: string;
  /** The launcher's text. */
  label?: string;
  /** Present while the panel is shown. */
  open?: boolean | '';
  /** Panel and settings load when the element can be seen and the browser is idle, instead of on intent. */
  eager?: boolean | '';
  /** The call goes on when the visitor changes to another page of the site, where the tenant wants that. */
  rejoin?: boolean | '';
  /** A JSON object of values for the assistant's prompt. */
  variables?: string;
}

/** `onvapi-agent-error` and so on, as React 19, Svelte 5 and Vue's JSX write them. */
export type VapiAgentHandlers = {
  [Name in keyof VapiAgentEventMap as `on${Name}`]?: (event: VapiAgentEventMap[Name]) => void;
};
