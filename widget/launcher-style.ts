import { css } from './css.ts';

/**
 * Only what is visible before intent. The text colour is black or white, whichever passes AA on the accent colour:
 * their contrasts are equal at a relative luminance of 0.18.
 */
export const launcherStyle = css`
  :host {
    all: initial;
    position: fixed;
    --_offset: max(var(--vapi-agent-offset, 20px), env(safe-area-inset-bottom));
    inset: auto var(--_offset) var(--_offset) auto;
    z-index: var(--vapi-agent-z-index, 2147483000);
    display: grid;
    font: 500 16px/1.4 var(--vapi-agent-font, system-ui);
    --_accent: var(--vapi-agent-accent, #14635c);
    --_on-accent: #fff;
  }
  @supports (color: color(from red xyz x y z)) {
    :host {
      --_on-accent: var(
        --vapi-agent-on-accent,
        color(from var(--_accent) xyz clamp(0, (0.18 - y) * 1e5, 0.95) clamp(0, (0.18 - y) * 1e5, 1) clamp(0, (0.18 - y) * 1e5, 1.09) / 1)
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
  :host([placement='inline']) {
    position: static;
    display: inline-grid;
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
    grid-area: 1/1;
    place-self: end;
    display: flex;
    align-items: center;
    place-content: center;
    gap: 0.6em;
    min-width: 52px;
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
    font-size: 19px;
  }
  :host([size='small']) {
    font-size: 0;
  }
  @media (forced-colors: active) {
    i {
      background: buttontext;
    }
  }
`;
