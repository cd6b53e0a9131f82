import { raise } from './top-layer.ts';

/**
 * Loads the panel and the tenant's settings before any intent, for elements with the attribute `eager`, as soon as the
 * element is visible and the browser idle. A separate chunk, for these pages only.
 */
export function whenSeen(element: HTMLElement, load: () => void): void {
  const { top, bottom } = element.getBoundingClientRect();
  // A transformed ancestor holds the launcher, where no one may see it.
  if (top < 0 || bottom > innerHeight) raise(element);
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(load);
    else setTimeout(load, laterMs);
  });
  observer.observe(element);
}

/** Usually after the page's own work at load. */
const laterMs = 200;
