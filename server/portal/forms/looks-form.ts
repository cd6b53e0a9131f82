import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import { choice, field } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

const themes = [
  ['', 'As the visitor’s device'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
const placements = [
  ['', 'As the snippet says'],
  ['bottom-right', 'Bottom right'],
  ['bottom-left', 'Bottom left'],
  ['top-right', 'Top right'],
  ['top-left', 'Top left'],
  ['inline', 'Where the snippet stands'],
] as const;

/** How the agent looks on the client's pages. */
export class LooksFormElement extends TenantForm {
  protected readonly heading = 'Looks';

  /** The server replaces them as a whole. */
  protected override start() {
    return { appearance: this.tenant.appearance };
  }

  protected override fields({ appearance }: TenantView) {
    const { errors } = this.form;
    const { accentColor, theme, placement, radius, avatarUrl } = appearance;
    return html`<div class="fields">
        ${field(errors, { name: 'appearance.accentColor', label: 'Colour', value: accentColor, placeholder: '#0f766e' })}
        ${choice(errors, { name: 'appearance.theme', label: 'Light or dark', value: theme ?? '', choices: themes })}
        ${choice(errors, { name: 'appearance.placement', label: 'Place on the page', value: placement ?? '', choices: placements })}
        ${field(errors, { name: 'appearance.radius', label: 'Roundness of corners, in pixels', as: 'whole', value: radius, hint: '0 to 32.' })}
        ${field(errors, { name: 'appearance.avatarUrl', label: 'Address of a picture', type: 'url', value: avatarUrl, placeholder: 'https://' })}
      </div>
      <p class="muted small">The button’s colour and place are in the snippet: take it anew after a change.</p>`;
  }
}
customElements.define('looks-form', LooksFormElement);
