/** The style of forms, for views that have one. */
import { css } from 'lit';

export const formStyle = css`
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 1rem; margin: 0 0 1rem; }
.field { display: grid; gap: 0.25rem; align-content: start; min-width: 0; }
.field > label, legend { font-size: 0.8125rem; font-weight: 600; color: var(--text); }
.field p, .choices p { margin: 0; }
.field input, .field select, textarea { width: 100%; }
.field.broad { grid-column: 1 / -1; }
form > :last-child { margin-bottom: 0; }
.unsaved { position: sticky; z-index: 1; bottom: var(--tabs, 0px); margin: 0 -1.25rem; padding: 0.75rem 1.25rem;
  border-top: 1px solid var(--line); background: var(--card); }
.unsaved > span { margin-inline-end: auto; font-weight: 500; }
@media (max-width: 44rem) { .unsaved { margin: 0 -1rem; padding: 0.75rem 1rem; } }
div.problem { margin: 0 0 0.75rem; }
div.problem > :last-child { margin: 0; }
textarea { padding: 0.5rem 0.625rem; border: 1px solid var(--edge); border-radius: 0.5rem; background: var(--card);
  color: var(--text); font: inherit; resize: vertical; }
textarea.code { font: 0.875rem/1.5 ui-monospace, monospace; }
textarea:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[readonly] { border-color: var(--line); color: var(--muted); }
[aria-invalid='true'] { border: 2px solid var(--bad); }
fieldset { min-width: 0; margin: 0 0 1rem; padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; }
fieldset.whole { margin: 0; padding: 0; border: 0; }
fieldset.choices { display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: 0; border: 0; }
.choices legend { padding: 0; }
.tick { display: inline-flex; gap: 0.5rem; align-items: center; min-height: 2.25rem; color: var(--text); font-size: 0.875rem; }
@media (pointer: coarse) { .tick { min-height: 2.75rem; } }
.tick input { min-height: 0; width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); }
`;
