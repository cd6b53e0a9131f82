import { html } from 'lit';
import type { TenantView } from '../../contract.ts';
import { choice, field } from './fields.ts';
import { TenantForm } from './tenant-form.ts';

const themes = [
  ['', 'Same as the visitor’s device'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
const placements = [
  ['', 'Set by the snippet'],
  ['bottom-right', 'Bottom right'],
  ['bottom-left', 'Bottom left'],
  ['top-right', 'Top right'],
  ['top-left', 'Top left'],
  ['inline', 'Inline, where the snippet is'],
] as const;

/** How the agent looks on the client's pages. */
export class LooksFormElement extends TenantForm {
  protected readonly heading = 'Appearance';

  /** The server replaces them as a whole. */
  protected override start() {
    return { appearance: this.tenant.appearance };
  }

  protected override fields({ appearance }: TenantView) {
    const { errors } = this.form;
    const { accentColor, theme, placement, radius, avatarUrl } = appearance;
    return html`<div class="fields">
        ${field(errors, { name: 'appearance.accentColor', label: 'Colour', value: accentColor, placeholder: '#0f766e' })}
        ${choice(errors, { name: 'appearance.theme', label: 'Theme', value: theme ?? '', choices: themes })}
        ${choice(errors, { name: 'appearance.placement', label: 'Position', value: placement ?? '', choices: placements })}
        ${field(errors, { name: 'appearance.radius', label: 'Corner radius in pixels', as: 'whole', value: radius, hint: '0 to 32.' })}
        ${field(errors, { name: 'appearance.avatarUrl', label: 'Picture URL', type: 'url', value: avatarUrl, placeholder: 'https://' })}
      </div>
      <p class="muted small">The snippet contains the button’s colour and position: copy it again after changing them.</p>`;
  }
}
customElements.define('looks-form', LooksFormElement);
