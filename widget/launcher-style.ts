import { css } from './css.ts';

/**
 * Only what is visible before intent. Rules of the page that match the element itself win over ours unless ours are
 * `!important`: that is for what would take the launcher out of its place. What it inherits ends at the button, but a
 * page may hide it. The text colour is black or white, whichever passes AA on the accent colour:
 * their contrasts are equal at a relative luminance of 0.18.
 */
export const launcherStyle = css`
  :host {
    all: initial;
    --_offset: max(var(--vapi-agent-offset, 20px), env(safe-area-inset-bottom));
    inset: auto var(--_offset) var(--_offset) auto;
    z-index: var(--vapi-agent-z-index, 2147483000);
    display: inline-block;
    font: 500 16px/1.4 var(--vapi-agent-font, system-ui) !important;
    --_accent: var(--vapi-agent-accent, #14635c);
    --_on-accent: #fff;
  }
  @supports (color: rgb(from red r g b)) {
    :host {
      --_on-accent: var(
        --vapi-agent-on-accent,
        color(from var(--_accent) xyz clamp(0, (0.18 - y) * 1e5, 1.1) clamp(0, (0.18 - y) * 1e5, 1.1) clamp(0, (0.18 - y) * 1e5, 1.1))
      );
    }
  }
  :host([hidden]) {
    display: none;
  }
  :host([placement$='left']) {
    left: var(--_offset);
    right: auto;
  }
  :host([placement^='top']) {
    top: var(--_offset);
    bottom: auto;
  }
  :host(:not([placement='inline'])) {
    position: fixed !important;
    width: auto !important;
    padding: 0 !important;
  }
  button {
    font: inherit;
    cursor: pointer;
  }
  button:focus-visible {
    outline: 3px solid var(--_on-accent);
    box-shadow: 0 0 0 6px var(--_accent);
  }
  :host([open]) i {
    opacity: 0.4;
  }
  [part='launcher'] {
    all: initial;
    visibility: inherit;
    font: inherit;
    cursor: pointer;
    display: flex;
    align-items: center;
    place-content: center;
    gap: 0.6em;
    min-width: 50px;
    padding: 13px 1.25em;
    border: 1px solid #0000;
    border-radius: 32px;
    background: var(--_accent);
    color: var(--_on-accent);
    box-shadow: 0 6px 24px #0004;
  }
  i {
    padding: 12px;
    background: currentcolor;
    clip-path: path(
      'M3 8h3v8H3zM10.5 2h3v20h-3zM18 8h3v8h-3z'
    );
  }
  :host([size='large']) {
    font-size: 19px !important;
  }
  :host([size='small']) {
    font-size: 0 !important;
  }
  @media (forced-colors: active) {
    i {
      background: buttontext;
    }
  }
`;
