/** What was entered and not saved yet: leaving the view or the page asks first. */

export interface Unsaved {
  /** Shows the stored values again. */
  discard(): void;
}

const unsaved = new Set<Unsaved>();

export function hasUnsaved(): boolean {
  return unsaved.size > 0;
}

export function setUnsaved(form: Unsaved, isUnsaved: boolean): void {
  if (isUnsaved) unsaved.add(form);
  else unsaved.delete(form);
}

export function discardUnsaved(): void {
  for (const form of [...unsaved]) form.discard();
  unsaved.clear();
}

// The browser asks in its own words.
addEventListener('beforeunload', (event) => {
  if (hasUnsaved()) event.preventDefault();
});
