/** `import type {} from '…/frameworks/react'` declares the element for React's JSX (React 19 has custom events). */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { VapiAgentAttributes, VapiAgentHandlers } from '../attributes.ts';
import type { VapiAgent } from '../vapi-agent.ts';

type Props = DetailedHTMLProps<HTMLAttributes<VapiAgent>, VapiAgent> &
  VapiAgentAttributes &
  VapiAgentHandlers;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'vapi-agent': Props;
    }
  }
}
