/**
 * Loads the panel and the tenant's settings before any intent, for elements with the attribute `eager`: as soon as the
 * element can be seen and the browser has nothing else to do. A separate chunk, for these pages only.
 */
export function whenSeen(element: Element, load: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(load);
    else setTimeout(load, laterMs);
  });
  observer.observe(element);
}

/** After the page's own work at its beginning, as a rule. */
const laterMs = 200;
