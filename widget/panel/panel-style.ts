import { css } from '../css.ts';

/** The panel's frame, buttons, motion and small screens; logical properties throughout, for both script directions. */
export const panelStyle = css`
  :host {
    color-scheme: light dark;
    --_surface: var(--vapi-agent-surface, #ffffff);
    --_text: var(--vapi-agent-text, #16201f);
    --_quiet: #54615e;
    --_line: #dbe2e0;
    --_bubble: #eef3f2;
    --_radius: var(--vapi-agent-radius, 20px);
    --_control: min(14px, var(--_radius));
  }
  /* Supported in Safari from 17.5; in older versions the panel is light. */
  @supports (color: light-dark(red, red)) {
    :host {
      --_surface: var(--vapi-agent-surface, light-dark(#ffffff, #14191b));
      --_text: var(--vapi-agent-text, light-dark(#16201f, #eef3f1));
      --_quiet: light-dark(#54615e, #a6b3af);
      --_line: light-dark(#dbe2e0, #313a3d);
      --_bubble: light-dark(#eef3f2, #222a2d);
    }
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([open]) [part='launcher'] {
    visibility: hidden;
    position: absolute;
  }
  /* A transformed element would hold the sheet of small screens. */
  :host([open]) {
    font-size: 16px !important;
    transform: none !important;
  }
  vapi-agent-panel {
    display: contents;
  }
  .panel {
    all: initial;
    visibility: inherit;
    color-scheme: inherit;
    box-sizing: border-box;
    display: flex;
    flex-direction: column;
    width: min(var(--vapi-agent-width, 360px), 100vw - 2 * var(--_offset));
    height: min(var(--vapi-agent-height, 560px), 100dvh - 2 * var(--_offset));
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_text);
    box-shadow: 0 16px 48px #0003, 0 2px 8px #0002;
    font: inherit;
    font-weight: 400;
    line-height: 1.45;
  }
  .panel[hidden] {
    display: none;
  }
  :host([placement='inline'][open]) {
    width: min(var(--vapi-agent-width, 360px), 100%);
  }
  :host([placement='inline']) .panel {
    width: 100%;
    box-shadow: none;
  }
  .panel *,
  .panel *::before {
    box-sizing: border-box;
  }
  :where(.panel) :is(p, h2) {
    margin: 0;
    font-size: inherit;
    font-weight: inherit;
  }
  header {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 14px;
    padding-inline-start: 18px;
    border-block-end: 1px solid var(--_line);
  }
  header h2 {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
    font-weight: 600;
  }
  header ::slotted(*) {
    flex: 1;
    min-width: 0;
  }
  .avatar {
    display: grid;
    place-items: center;
    flex: none;
    width: 36px;
    height: 36px;
    overflow: hidden;
    border-radius: 50%;
    background: var(--_accent);
    color: var(--_on-accent);
    font-weight: 600;
    text-transform: uppercase;
  }
  .avatar i {
    scale: 0.75;
  }
  :where(.panel) button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 10px;
    min-height: 48px;
    min-width: 44px;
    padding: 0 20px;
    border: 1px solid transparent;
    border-radius: var(--_control);
    font-weight: 550;
    -webkit-tap-highlight-color: transparent;
  }
  .icon {
    min-height: 44px;
    padding: 0;
    background: none;
    color: var(--_quiet);
  }
  .icon:hover,
  .plain:hover {
    background: var(--_bubble);
    color: var(--_text);
  }
  .primary {
    background: var(--_accent);
    color: var(--_on-accent);
  }
  [part='launcher']:hover,
  .primary:hover,
  .danger:hover {
    filter: brightness(1.08);
  }
  .plain {
    border-color: var(--_line);
    background: none;
    color: var(--_text);
  }
  /* In the text's colour: the tenant's own may be too close to the background. */
  :is(.panel, .panel :is(button, .log, .terms)):focus-visible {
    outline: 3px solid var(--_text);
    outline-offset: 2px;
  }
  .panel button:focus-visible {
    box-shadow: 0 0 0 2px var(--_surface);
  }
  footer {
    padding: 14px 18px 12px;
    border-block-start: 1px solid transparent;
    text-align: center;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 10px;
  }
  .row button {
    flex: 1 1 auto;
    padding: 0 10px;
  }

  .fine {
    margin-block-start: 10px;
    color: var(--_quiet);
    font-size: 12.5px;
  }
  @media (min-height: 481px) {
    footer {
      position: sticky;
      bottom: 0;
      z-index: 1;
      background: var(--_surface);
    }
  }
  @media (max-height: 480px) {
    header {
      position: sticky;
      top: 0;
      z-index: 2;
      padding-block: 4px;
      background: var(--_surface);
    }
    .panel .stage {
      gap: 14px;
      padding-block: 14px 10px;
    }
    .orb {
      scale: 0.6;
      margin: -22px;
    }
  }
  @media (max-width: 480px) {
    /* The sheet gives the element no size. */
    :host([open]:not([placement='inline'])) [part='launcher'] {
      position: static;
    }
    :host(:not([placement='inline'])) .panel {
      position: fixed;
      inset: auto 0 var(--_keyboard, 0);
      width: 100%;
      height: auto;
      max-height: calc(100dvh - 24px - var(--_keyboard, 0px));
      min-height: min(440px, 100dvh - 24px - var(--_keyboard, 0px));
      padding-block-end: env(safe-area-inset-bottom);
      border-width: 1px 0 0;
      border-radius: max(20px, var(--_radius)) max(20px, var(--_radius)) 0 0;
      box-shadow: 0 -8px 40px #0004;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    /* Only small things move: without a graphics card, each frame of the whole panel delays joining. */
    .orb {
      animation: vapi-agent-in 0.2s cubic-bezier(0.2, 0.8, 0.2, 1);
      transition: box-shadow 0.12s linear;
    }
  }
  @keyframes vapi-agent-in {
    from {
      opacity: 0;
      translate: 0 14px;
    }
  }
`;
