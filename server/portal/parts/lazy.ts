/** Views that are loaded when they are first shown. Until then their element stands in the page as a skeleton. */

/** Dispatched on the window when a part of the portal could not be loaded: the network, or a newer version. */
export const notLoaded = 'portal-not-loaded';

/** @param load an `import()` */
export function lazily(load: () => Promise<unknown>): void {
  load().catch(() => dispatchEvent(new Event(notLoaded)));
}
