/** The places of the portal: a list at the side, tabs at the bottom of a phone. */
import { css, html, type TemplateResult } from 'lit';
import type { MeAnswer } from '../../contract.ts';
import { say } from '../language/words.ts';
import { type IconName, icon } from './icons.ts';

export interface NavEntry {
  /** The first piece of its address; empty for the start. */
  view: string;
  label: string;
  /** Where there is little room; default `label`. */
  short?: string;
  icon: IconName;
  /** Other first pieces at which it is the current one. */
  also?: readonly string[];
  /** Whether this person has it; default everyone who is signed in. */
  isFor?: (me: MeAnswer) => boolean;
  /** A number beside the label; null or zero shows none. */
  count?: number | null;
}

/** @param first piece of the current address */
export function navigation(entries: readonly NavEntry[], first: string, me: MeAnswer): TemplateResult {
  const shown = entries.filter(({ isFor = () => true }) => isFor(me));
  return html`<nav aria-label=${say('portal')}>
    ${shown.map(({ view, label, short = label, icon: name, also = [], count }) => {
      const isCurrent = first === view || also.includes(first);
      const number = count ? html`<span class="count">${count > 99 ? '99+' : count}</span>` : '';
      return html`<a href="#/${view}" aria-current=${isCurrent ? 'page' : 'false'}>
        ${icon(name)}<span class="long">${label}</span><span class="short">${short}</span>${number}
      </a>`;
    })}
  </nav>`;
}

/** The address of a label: what a page is called in the tab and to a screen reader. */
export function labelOf(entries: readonly NavEntry[], first: string): string | undefined {
  return entries.find(({ view }) => view === first)?.label;
}

export const navigationStyle = css`
nav { display: grid; gap: 2px; }
nav a { display: flex; align-items: center; gap: 0.625rem; min-height: 2.25rem; padding: 0 0.625rem; border-radius: 0.5rem;
  color: var(--muted); font-weight: 500; text-decoration: none; transition: background-color 120ms; }
nav a:hover { background: var(--raised); color: var(--text); }
nav a[aria-current='page'] { background: var(--raised); color: var(--text); font-weight: 600; }
nav a[aria-current='page'] .icon { color: var(--accent); }
.icon { flex: none; }
.short { display: none; }
.count { min-width: 1.25rem; margin-inline-start: auto; padding: 0 0.375rem; border-radius: 1rem; background: var(--accent);
  color: var(--on-accent); font-size: 0.8125rem; font-weight: 600; line-height: 1.25rem; text-align: center; }
@media (pointer: coarse) { nav a { min-height: 2.75rem; } }
@media (max-width: 52rem) {
  nav { position: fixed; z-index: 2; right: 0; bottom: 0; left: 0; display: flex; gap: 0; overflow-x: auto;
    padding: 0 0.25rem env(safe-area-inset-bottom); border-top: 1px solid var(--line); background: var(--card); }
  nav a { position: relative; flex: 1 0 3.25rem; flex-direction: column; justify-content: center; gap: 0.125rem;
    min-height: 3.5rem; padding: 0; font-size: 0.6875rem; line-height: 1rem; }
  nav a[aria-current='page'] { background: none; color: var(--accent); }
  .long { display: none; }
  .short { display: inline; }
  .count { position: absolute; top: 0.25rem; inset-inline-start: calc(50% + 0.25rem); min-width: 1rem; padding: 0 0.25rem;
    font-size: 0.6875rem; line-height: 1rem; }
}
/* With little height, as at 400 %, tabs that stay would cover what is read. */
@media (max-width: 52rem) and (max-height: 25rem) { nav { position: static; border: 0; } }
`;
