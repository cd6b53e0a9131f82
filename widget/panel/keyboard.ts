/** Makes room for writing on a phone, whose keyboard covers the page without resizing it. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { FollowsLog } from './follows-log.ts';

/** CSS pixels; less is a browser bar. */
const leastKeyboard = 100;
/** Height above the keyboard, below which only the conversation and the field fit. */
const roomy = 480;

/** Keeps the sheet above the keyboard while the part with the field is there. */
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
    // A page zoomed in shows only part of itself: that is not a keyboard.
    const hidden = scale > 1.05 ? 0 : Math.max(0, innerHeight - height - offsetTop);
    this.#show(hidden, hidden > leastKeyboard && height < roomy);
  };

  #show(hidden: number, isTight: boolean): void {
    this.#dialog?.style.setProperty('--_keyboard', `${Math.round(hidden)}px`);
    this.#dialog?.toggleAttribute('data-typing', isTight);
    this.#dialog?.closest<FollowsLog>('vapi-agent-panel')?.followLog();
  }
}
