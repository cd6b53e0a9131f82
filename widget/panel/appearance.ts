/** A tenant's looks as a style sheet for this element. The page's own attributes and custom properties win. */
import type { Appearance } from '../../server/contract.ts';

const insets: Record<string, string> = {
  'bottom-left': 'auto auto var(--_offset) var(--_offset)',
  'top-right': 'var(--_offset) var(--_offset) auto auto',
  'top-left': 'var(--_offset) auto auto var(--_offset)',
};

/** The server has checked the values, but they become CSS: only unambiguous ones are used. */
export function appearanceCss({ accentColor, radius, theme, placement }: Appearance): string {
  const rules: string[] = [];
  if (accentColor && /^#[0-9a-f]{6}$/i.test(accentColor)) {
    rules.push(`:host{--_accent:var(--vapi-agent-accent,${accentColor})}`);
  }
  if (Number.isInteger(radius)) rules.push(`:host{--_radius:var(--vapi-agent-radius,${radius}px)}`);
  if (theme === 'light' || theme === 'dark') rules.push(`:host(:not([theme])){color-scheme:${theme}}`);
  // A launcher without the attribute must not move away from the pointer that has just reached it.
  const place = ':host(:is([open],[eager]):not([placement]))';
  const inset = placement && insets[placement];
  if (inset) rules.push(`${place}{inset:${inset}}`);
  if (placement === 'inline') rules.push(`${place}{position:static!important}`);
  return rules.join('');
}
