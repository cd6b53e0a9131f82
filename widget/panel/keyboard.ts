/** Room for writing on a phone: its keyboard lies over the page without making it smaller. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { FollowsLog } from './follows-log.ts';

/** CSS pixels; less is a bar of the browser's. */
const leastKeyboard = 100;
/** Of what is left above it; less has room for the conversation and the field alone. */
const roomy = 480;

/** Lets the sheet stand on the keyboard for as long as the part in which something is written is there. */
export class KeyboardRoom implements ReactiveController {
  #part: Element;
  #dialog: HTMLElement | null = null;

  constructor(part: ReactiveControllerHost & Element) {
    this.#part = part;
    part.addController(this);
  }

  hostConnected(): void {
    this.#dialog = this.#part.closest<HTMLElement>('[role=dialog]');
    visualViewport?.addEventListener('resize', this.#fit);
    visualViewport?.addEventListener('scroll', this.#fit);
  }

  hostDisconnected(): void {
    visualViewport?.removeEventListener('resize', this.#fit);
    visualViewport?.removeEventListener('scroll', this.#fit);
    this.#show(0, false);
  }

  #fit = (): void => {
    const { height, offsetTop, scale } = visualViewport as VisualViewport;
    // A page pinched larger shows only a part of it: that is not a keyboard.
    const hidden = scale > 1.05 ? 0 : Math.max(0, innerHeight - height - offsetTop);
    this.#show(hidden, hidden > leastKeyboard && height < roomy);
  };

  #show(hidden: number, isTight: boolean): void {
    this.#dialog?.style.setProperty('--_keyboard', `${Math.round(hidden)}px`);
    this.#dialog?.toggleAttribute('data-typing', isTight);
    this.#dialog?.closest<FollowsLog>('vapi-agent-panel')?.followLog();
  }
}
