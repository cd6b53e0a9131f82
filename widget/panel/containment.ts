/**
 * What begins inside the element stays there: shortcuts, copy protection, focus traps, smooth scrolling and click
 * handlers of the page are not meant for our buttons and fields. Handlers that the page has registered for the capturing
 * phase come before ours, and are the only ones that still get it.
 */
const kinds =
  'keydown keyup keypress beforeinput input paste copy cut contextmenu selectstart mousedown pointerdown click dblclick touchstart touchmove wheel focusin focusout';

export function contain(element: Element, root: ShadowRoot): void {
  const keep = (event: Event): void => {
    const from = event.target as Element;
    // What the page has put into our slots is its own.
    if (!root.contains(from)) return;
    event.stopPropagation();
    // A link, label or summary around the element would act on the click.
    if (event.type === 'click' && element.closest('a,label,summary') && !from.closest('a,form,label'))
      event.preventDefault();
  };
  for (const kind of kinds.split(' ')) root.addEventListener(kind, keep, { passive: kind !== 'click' });
}
