/**
 * For pages whose ancestors of the element are transformed, filtered or contained: they, not the window, then hold what
 * is `position: fixed`. The browser's top layer is outside of all of them.
 */
export function raise(element: HTMLElement): void {
  if (
    !element.showPopover ||
    element.matches(':popover-open') ||
    element.getAttribute('placement') === 'inline'
  )
    return;
  element.popover = 'manual';
  element.showPopover();
}
