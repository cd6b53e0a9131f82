/** The operator's colour on the portal, kept readable in light and dark. */
import type { Branding } from '../../contract.ts';
import { readable } from '../pure/color.ts';
import { backgrounds } from './style.ts';

/** Heard by the frame when the operator has changed how it looks. */
export const brandingChanged = 'portal-branding-changed';

export function applyBranding({ accentColor }: Branding): void {
  // The server has checked it, but it ends up in CSS: only what can be nothing else gets through.
  if (!accentColor || !/^#[0-9a-f]{6}$/i.test(accentColor)) {
    document.documentElement.style.removeProperty('--accent');
    return;
  }
  const light = readable(accentColor, backgrounds.light);
  const dark = readable(accentColor, backgrounds.dark);
  document.documentElement.style.setProperty('--accent', `light-dark(${light}, ${dark})`);
}
