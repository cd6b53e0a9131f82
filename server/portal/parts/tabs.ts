/** The parts of one place, as tabs that are links. */
import { css, html } from 'lit';

export type Tab = readonly [view: string, label: string];

/** @param label what the place is called @param base address of the first @param current the view that is shown */
export function tabs(label: string, base: string, all: readonly Tab[], current: string) {
  return html`<nav class="tabs" aria-label=${label}>
    ${all.map(([view, name]) => html`<a href="${base}${view ? `/${view}` : ''}" aria-current=${current === view ? 'page' : 'false'}>${name}</a>`)}
  </nav>`;
}

/** Scrolls to the current tab, where a phone has no room for all. */
export function showCurrentTab(root: DocumentFragment | HTMLElement): void {
  const current = root.querySelector<HTMLElement>('.tabs [aria-current=page]');
  const all = current?.parentElement;
  if (current && all)
    all.scrollLeft = current.offsetLeft - all.offsetLeft - (all.clientWidth - current.offsetWidth) / 2;
}

export const tabStyle = css`
.tabs { display: flex; gap: 0.25rem; margin: 0 0 1.25rem; overflow-x: auto; border-bottom: 1px solid var(--line); }
.tabs a { flex: none; padding: 0.5rem 0.75rem; border-bottom: 2px solid transparent; color: var(--muted); font-weight: 500;
  text-decoration: none; transition: color 120ms; }
.tabs a:hover { color: var(--text); }
.tabs a:focus-visible { outline-offset: -2px; }
.tabs a[aria-current='page'] { border-bottom-color: var(--accent); color: var(--text); }
@media (pointer: coarse) { .tabs a { padding: 0.75rem; } }
`;
