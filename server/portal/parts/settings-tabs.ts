/** The tabs above each part of the settings; one alone needs none. */
import { LitElement } from 'lit';
import { say } from '../language/words.ts';
import { shared } from './style.ts';
import { showCurrentTab, type Tab, tabStyle, tabs } from './tabs.ts';

export class SettingsTabsElement extends LitElement {
  static override styles = [shared, tabStyle];
  static override properties = { tabs: { attribute: false }, current: { attribute: false } };
  declare tabs: readonly Tab[];
  /** The view that is shown. */
  declare current: string;

  protected override updated(): void {
    showCurrentTab(this.renderRoot);
  }

  protected override render() {
    return this.tabs.length > 1 ? tabs(say('settings'), '#', this.tabs, this.current) : '';
  }
}
customElements.define('settings-tabs', SettingsTabsElement);
