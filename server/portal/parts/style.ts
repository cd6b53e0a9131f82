/** The portal's style: tokens on the document, which everything inherits, and the sheet all views share. */
import { css } from 'lit';

/** The backgrounds on which the accent colour is text. */
export const backgrounds = { light: ['#ffffff', '#f4f6f8'], dark: ['#1a2028', '#11161c'] };

export const documentStyle = css`
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f6f8, #11161c);
  --card: light-dark(#ffffff, #1a2028);
  --text: light-dark(#1b2430, #e8ecf1);
  --muted: light-dark(#52606f, #a9b4c0);
  --line: light-dark(#d5dce3, #354050);
  --good: light-dark(#166534, #86d9a4);
  --bad: light-dark(#b3261e, #ffb4ab);
  --warn: light-dark(#8a4b00, #f3bf6b);
  --accent: light-dark(#1f4f8f, #9cc3ff);
  --on-accent: light-dark(#ffffff, #11161c);
}
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
portal-app { display: block; min-height: 100vh; }
`;

export const shared = css`
:host { display: block; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.75rem; font-size: 1.15rem; line-height: 1.3; }
p { margin: 0 0 0.75rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible,
[tabindex]:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.25rem; }
section, .card { margin: 0 0 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: 0.75rem;
  background: var(--card); }
section > :last-child, .card > :last-child { margin-bottom: 0; }
.figures + *, table + *, .scroll + *, figcaption + * { margin-top: 0.75rem; }
a[aria-current='page'] { font-weight: 600; text-decoration-thickness: 3px; }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
nav.row { margin-top: 0.5rem; }
.row:has(label) { align-items: end; }
.row:has(label) + * { margin-top: 0.75rem; }
.row > :first-child:is(h1, h2) { margin: 0; margin-right: auto; }
.heading { margin-bottom: 1rem; }
h3 { margin: 1.25rem 0 0.75rem; font-size: 1rem; line-height: 1.3; }
.breaks { overflow-wrap: anywhere; }
progress { width: 100%; height: 0.75rem; accent-color: var(--accent); }
details { margin: 0.75rem 0; }
summary { min-height: 2rem; padding-top: 0.25rem; cursor: pointer; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; margin: 0; }
.figures div { min-width: 0; }
.figures dt { color: var(--muted); font-size: 0.875rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures.plain dd { font-size: 1.0625rem; }
.said dd { margin: 0 0 0.5rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: 0.875rem; padding-bottom: 0.25rem; }
th { text-align: left; color: var(--muted); font-size: 0.875rem; font-weight: 600; border-bottom: 2px solid var(--line); }
th, td { padding: 0.5rem 1rem 0.5rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); }
tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; }
tbody th { color: inherit; font-size: inherit; font-weight: 500; border-bottom: 1px solid var(--line); }
.number { text-align: right; }
.number, .nowrap { white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem;
  padding: 0.4rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card);
  color: var(--text); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { border-color: var(--accent); }
button:disabled, [aria-disabled='true'] { opacity: 0.6; cursor: default; }
p:empty { margin-bottom: 0; }
.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.danger { border-color: var(--bad); color: var(--bad); }
select, input { min-height: 2.75rem; max-width: 100%; padding: 0.4rem 0.6rem; border: 1px solid var(--muted);
  border-radius: 0.5rem; background: var(--card); color: var(--text); font: inherit; }
label { display: inline-grid; gap: 0.15rem; font-size: 0.875rem; color: var(--muted); }
.badge { display: inline-block; padding: 0.05rem 0.6rem; border: 1px solid currentColor; border-radius: 1rem;
  font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.problem { padding: 0.75rem 1rem; border: 1px solid var(--bad); border-radius: 0.5rem; color: var(--bad); }
.waiting { min-height: 12rem; border-radius: 0.75rem; background: linear-gradient(var(--line), var(--line)) no-repeat
  1.25rem 1.5rem / 40% 0.75rem, linear-gradient(var(--line), var(--line)) no-repeat 1.25rem 3rem / 70% 0.75rem,
  var(--card); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.narrow { display: none; }
@media (max-width: 44rem) { .wide { display: none; } .narrow { display: block; } section, .card { padding: 1rem; } }
`;
