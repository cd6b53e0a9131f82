/**
 * `import type {} from '…/frameworks/vue'` declares the element for Vue's templates and JSX. The compiler also needs
 * `compilerOptions.isCustomElement: (tag) => tag === 'vapi-agent'`.
 */
import type { DefineComponent, HTMLAttributes, ReservedProps } from 'vue';
import type { VapiAgentAttributes } from '../attributes.ts';
import type { VapiAgentEventMap } from '../events.ts';

/** `@vapi-agent-error` in a template is this prop. */
type Handlers = {
  [Name in keyof VapiAgentEventMap as `on${Capitalize<Name>}`]?: (event: VapiAgentEventMap[Name]) => void;
};
export type VapiAgentProps = VapiAgentAttributes & Handlers;

declare module 'vue' {
  interface GlobalComponents {
    'vapi-agent': DefineComponent<VapiAgentProps>;
  }
}

declare module 'vue/jsx-runtime' {
  namespace JSX {
    interface IntrinsicElements {
      'vapi-agent': Omit<HTMLAttributes, keyof VapiAgentProps> & ReservedProps & VapiAgentProps;
    }
  }
}
