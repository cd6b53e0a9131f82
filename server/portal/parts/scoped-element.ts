import { LitElement, type PropertyValues } from 'lit';
import type { Scope } from './scope.ts';
import { shared } from './style.ts';

/** A view of one tenant's things: it loads when it is told whose, and again when that changes. */
export abstract class ScopedElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    scope: { attribute: false },
    /** Of the one thing that it shows, where it shows one. */
    item: { attribute: false },
  };
  declare scope: Scope;
  declare item: string;

  constructor() {
    super();
    this.item = '';
  }

  /** What is shown belongs to another tenant or thing now. */
  protected abstract reload(): void;

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('scope') as Scope | undefined;
    const other = changed.has('scope') && before?.slug !== this.scope.slug;
    if (other || changed.has('item')) this.reload();
  }
}
