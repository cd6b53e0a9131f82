/** What the assistant may know and do on the page is loaded only where there is any. In the call's chunk. */
import type { PageGrant } from '../server/contract.ts';
import type { PageHost, PageLink } from './page-tools.ts';

/**
 * @param host whose element has the context, and gets the events
 * @param page what the grant allows
 */
export function followPage(
  host: { readonly element: HTMLElement },
  page: PageGrant | undefined,
  tell: PageHost['tell'],
): PageLink {
  let link: Promise<PageLink | null> | null = null;
  const open = (): void => {
    link ??= import('./page-tools.ts').then(
      ({ openPage }) => openPage(ofPage, page ?? { context: false, tools: [] }),
      () => null,
    );
  };
  const ofPage: PageHost = {
    get element() {
      return host.element;
    },
    tell,
  };
  const follow = (): void => {
    if (page || host.element.hasAttribute('context')) open();
    // A router may have put another one in its place.
    else observer.observe(host.element, { attributeFilter: ['context'] });
  };
  const observer = new MutationObserver(follow);
  follow();
  return {
    call: (asked) => void link?.then((opened) => opened?.call(asked)),
    close() {
      observer.disconnect();
      void link?.then((opened) => opened?.close());
    },
  };
}
