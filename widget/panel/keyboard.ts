/** Room for who writes on a phone: its keyboard lies over the page without making it smaller. */
import type { PanelElement } from './panel.ts';

/** CSS pixels; less is a bar of the browser's. */
const leastKeyboard = 100;
/** Of what is left above it; less has room for the conversation and the field alone. */
const roomy = 480;

/**
 * Lets the sheet stand on the keyboard, for as long as a part in which something is written is there.
 * @returns ends it
 */
export function watchKeyboard(part: Element): () => void {
  const view = visualViewport;
  const dialog = part.closest<HTMLElement>('[role=dialog]');
  if (!view || !dialog) return () => {};
  const show = (hidden: number): void => {
    dialog.style.setProperty('--_keyboard', `${Math.round(hidden)}px`);
    dialog.toggleAttribute('data-typing', hidden > leastKeyboard && view.height < roomy);
    dialog.closest<PanelElement>('vapi-agent-panel')?.followLog();
  };
  // Whoever has pinched the page larger sees a piece of it: that is no keyboard.
  const fit = (): void =>
    show(view.scale > 1.05 ? 0 : Math.max(0, innerHeight - view.height - view.offsetTop));
  for (const type of ['resize', 'scroll']) view.addEventListener(type, fit);
  return () => {
    for (const type of ['resize', 'scroll']) view.removeEventListener(type, fit);
    show(0);
  };
}
