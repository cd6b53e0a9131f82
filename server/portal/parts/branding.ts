/** The operator's colour on the portal, kept readable in light and dark. */
import type { Branding } from '../../contract.ts';
import { readable } from '../pure/color.ts';
import { backgrounds } from './style.ts';

/** Dispatched on the window when the operator has changed its branding. */
export const brandingChanged = 'portal-branding-changed';

export function applyBranding({ accentColor }: Branding): void {
  // The server has validated it, but it is written into CSS: accept nothing but a plain hex colour.
  if (!accentColor || !/^#[0-9a-f]{6}$/i.test(accentColor)) {
    document.documentElement.style.removeProperty('--accent');
    return;
  }
  const light = readable(accentColor, backgrounds.light);
  const dark = readable(accentColor, backgrounds.dark);
  document.documentElement.style.setProperty('--accent', `light-dark(${light}, ${dark})`);
}
