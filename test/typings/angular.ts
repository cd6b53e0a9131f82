/** Angular does not check attributes of custom elements (`CUSTOM_ELEMENTS_SCHEMA`); it is typed in a component. */
import { CUSTOM_ELEMENTS_SCHEMA, type ElementRef } from '@angular/core';
import type { VapiAgent, VapiAgentEventMap } from '../../widget/index.ts';

export const component = {
  template: '<vapi-agent #agent tenant="acme" (vapi-agent-call-end)="ended($event)"></vapi-agent>',
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
};

export class Contact {
  agent?: ElementRef<VapiAgent>;
  seconds = 0;

  async call(): Promise<boolean> {
    const element = this.agent?.nativeElement;
    element?.addEventListener('vapi-agent-error', ({ detail }) => detail.retryAfterSeconds);
    await element?.start();
    // @ts-expect-error there is no such method
    element?.dance();
    return (await element?.send('Hello')) ?? false;
  }

  ended({ detail }: VapiAgentEventMap['vapi-agent-call-end']): void {
    this.seconds = detail.seconds;
  }
}

/** And wherever the DOM is queried. */
export const found: VapiAgent | null = document.querySelector('vapi-agent');
