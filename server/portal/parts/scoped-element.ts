import { LitElement, type PropertyValues } from 'lit';
import type { Scope } from './scope.ts';
import { shared } from './style.ts';

/** A view of one tenant's data: loads it once the tenant is known, and again when it changes. */
export abstract class ScopedElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    scope: { attribute: false },
    /** The id of the single item shown, if there is one. */
    item: { attribute: false },
  };
  declare scope: Scope;
  declare item: string;

  constructor() {
    super();
    this.item = '';
  }

  /** The tenant or the item has changed. */
  protected abstract reload(): void;

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('scope') as Scope | undefined;
    const other = changed.has('scope') && before?.slug !== this.scope.slug;
    if (other || changed.has('item')) this.reload();
  }
}
