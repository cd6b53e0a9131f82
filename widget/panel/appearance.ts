/** A tenant's looks as a style sheet of this one element. What the page says itself, in attributes or custom properties, wins. */
import type { Appearance } from '../../server/contract.ts';

const insets: Record<string, string> = {
  'bottom-left': 'auto auto var(--_offset) var(--_offset)',
  'top-right': 'var(--_offset) var(--_offset) auto auto',
  'top-left': 'var(--_offset) auto auto var(--_offset)',
};

/** The server has checked the values, but they end up in CSS: only what can be nothing else gets through. */
export function appearanceCss({ accentColor, radius, theme, placement }: Appearance): string {
  const rules: string[] = [];
  if (accentColor && /^#[0-9a-f]{6}$/i.test(accentColor)) {
    rules.push(`:host{--_accent:var(--vapi-agent-accent,${accentColor})}`);
  }
  if (Number.isInteger(radius)) rules.push(`:host{--_radius:var(--vapi-agent-radius,${radius}px)}`);
  if (theme === 'light' || theme === 'dark') rules.push(`:host(:not([theme])){color-scheme:${theme}}`);
  // A launcher without an attribute must not move away from the mouse that has just reached it.
  const place = ':host(:is([open],[eager]):not([placement]))';
  const inset = placement && insets[placement];
  if (inset) rules.push(`${place}{inset:${inset}}`);
  if (placement === 'inline') rules.push(`${place}{position:static;display:inline-grid}`);
  return rules.join('');
}
