/** The portal's style: tokens on the document, which everything inherits, and the sheet all views share. */
import { css } from 'lit';

/** The backgrounds on which the accent colour is text. */
export const backgrounds = {
  light: ['#ffffff', '#f6f7f9', '#eceef2'],
  dark: ['#16191f', '#0e1014', '#21252d'],
};

export const documentStyle = css`
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #0e1014);
  --card: light-dark(#ffffff, #16191f);
  --raised: light-dark(#eceef2, #21252d);
  --text: light-dark(#16191f, #e9ebef);
  --muted: light-dark(#545b68, #a4abb8);
  --line: light-dark(#dfe2e8, #2b303a);
  --edge: light-dark(#868d9b, #6b7280);
  --good: light-dark(#166534, #7fd6a0);
  --bad: light-dark(#b3261e, #ffb1a8);
  --warn: light-dark(#8a4b00, #efbd6a);
  --accent: light-dark(#1f4f8f, #9cc3ff);
  --on-accent: light-dark(#ffffff, #0e1014);
  --shadow: 0 1px 2px rgb(0 0 0 / 6%), 0 8px 24px rgb(0 0 0 / 10%);
}
body { margin: 0; background: var(--page); color: var(--text); font: 0.875rem/1.25rem system-ui, sans-serif; }
portal-app { min-height: 100vh; }
@media (max-width: 52rem) { :root { --tabs: calc(3.5rem + env(safe-area-inset-bottom)); } }
`;

export const shared = css`
:host { display: block; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h1 { margin: 0 0 1rem; font-size: 1.25rem; line-height: 1.75rem; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.75rem; font-size: 1rem; line-height: 1.5rem; }
p { margin: 0 0 0.75rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible,
[tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 0.375rem; }
section, .card { margin: 0 0 1rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: 0.625rem;
  background: var(--card); }
section > :last-child, .card > :last-child { margin-bottom: 0; }
.figures + *, table + *, .scroll + *, figcaption + * { margin-top: 0.75rem; }
.muted { color: var(--muted); }
.small { font-size: 0.8125rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
.row:has(label) { align-items: end; }
.row:has(label) + * { margin-top: 0.75rem; }
.row > :first-child:is(h1, h2) { margin: 0; margin-inline-end: auto; }
.heading { margin-bottom: 1rem; }
h3 { margin: 1.25rem 0 0.75rem; font-size: 0.875rem; line-height: 1.25rem; }
.breaks { overflow-wrap: anywhere; }
progress { width: 100%; height: 0.75rem; accent-color: var(--accent); }
details { margin: 0.75rem 0; }
summary { min-height: 2rem; padding-top: 0.25rem; cursor: pointer; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; margin: 0; }
.figures div { min-width: 0; }
.figures dt { color: var(--muted); font-size: 0.8125rem; }
.figures dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 2.25rem; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.figures.plain dd { font-size: 1rem; line-height: 1.5rem; letter-spacing: 0; }
/* On a phone, amounts and dates without a space in them: one that is wider than its half has a row of its own. */
@media (max-width: 30rem) {
  .figures { display: flex; flex-wrap: wrap; }
  .figures div { flex: 1 1 40%; min-width: min-content; }
  .figures:not(.plain) dd { font-size: 1.375rem; line-height: 1.75rem; }
}
.said dd { margin: 0 0 0.5rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: start; color: var(--muted); font-size: 0.8125rem; padding-bottom: 0.25rem; }
th { text-align: start; color: var(--muted); font-size: 0.8125rem; font-weight: 500; border-bottom: 1px solid var(--line); }
th, td { padding-block: 0.5rem; padding-inline: 0 1rem; vertical-align: top; }
tbody tr { transition: background-color 120ms; }
tbody tr:has(th a):hover { background: var(--page); }
tbody tr:has(th a[data-row]) { cursor: pointer; }
td { border-bottom: 1px solid var(--line); }
tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; }
tbody th { color: inherit; font-size: inherit; font-weight: 500; border-bottom: 1px solid var(--line); }
.number { text-align: end; }
.number, .nowrap { white-space: nowrap; }
th:last-child, td:last-child { padding-inline-end: 0; }
button, .button { display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem; min-height: 2.25rem;
  padding: 0.25rem 0.875rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card);
  color: var(--text); font: inherit; font-weight: 500; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { border-color: var(--edge); }
button:disabled, [aria-disabled='true'] { opacity: 0.6; cursor: default; }
p:empty { margin-bottom: 0; }
.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.danger { border-color: var(--bad); color: var(--bad); }
select, input { min-height: 2.25rem; max-width: 100%; padding: 0.25rem 0.625rem; border: 1px solid var(--edge);
  border-radius: 0.5rem; background: var(--card); color: var(--text); font: inherit; }
label { display: inline-grid; gap: 0.25rem; font-size: 0.8125rem; color: var(--muted); }
label > select, label > input { font-size: 0.875rem; }
.badge { display: inline-block; padding: 0.05rem 0.6rem; border: 1px solid color-mix(in srgb, currentColor 40%, transparent); border-radius: 1rem;
  font-size: 0.8125rem; font-weight: 500; white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.problem { padding: 0.75rem 1rem; border: 1px solid var(--bad); border-radius: 0.5rem; color: var(--bad); }
.waiting { min-height: 12rem; border: 1px solid var(--line); border-radius: 0.625rem; background: linear-gradient(var(--line), var(--line)) no-repeat
  1.25rem 1.5rem / 40% 0.75rem, linear-gradient(var(--line), var(--line)) no-repeat 1.25rem 3rem / 70% 0.75rem,
  var(--card); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.empty { display: grid; gap: 0.75rem; justify-items: center; padding: 2.5rem 1rem; text-align: center; }
.empty .icon { width: 2rem; height: 2rem; color: var(--muted); stroke-width: 1; }
.empty p { margin: 0; color: var(--muted); }
.narrow { display: none; }
@media (pointer: coarse) {
  button, .button, select, input { min-height: 2.75rem; }
  /* Smaller ones make a phone zoom in. */
  select, input, textarea, label > select, label > input { font-size: 1rem; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (prefers-reduced-motion: no-preference) {
  .waiting { animation: wait 1.6s ease-in-out infinite; }
  @keyframes wait { 50% { opacity: 0.6; } }
}
@media (max-width: 44rem) { .wide { display: none; } .narrow { display: block; } section, .card { padding: 1rem; } }
`;
