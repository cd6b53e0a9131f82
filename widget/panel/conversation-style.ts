import { css } from '../css.ts';

/**
 * Styles only for a conversation (notices, terms, transcript, small stage, time and levels), and what the frame can do
 * without for a moment. Loaded on intent.
 */
export const conversationStyle = css`
  [data-phase='ended'] .orb,
  [data-phase='error'] .orb {
    width: 64px;
    height: 64px;
    background: var(--_bubble);
    color: var(--_quiet);
    box-shadow: none;
  }
  [data-phase='ended'] .orb > *,
  [data-phase='error'] .orb > * {
    scale: 1.2;
  }
  /* In the page's own colour, a button still has an edge. */
  .panel .primary {
    border-color: color-mix(in srgb, var(--_on-accent) 20%, #0000);
  }
  .row svg {
    flex: none;
  }
  .words {
    max-width: 100%;
    overflow-wrap: anywhere;
  }
  .note {
    padding: 0 22px 10px;
    font-size: 15px;
    text-align: center;
    text-wrap: balance;
  }
  .note:empty {
    display: none;
  }
  .terms {
    flex: 1 1 auto;
    min-height: 72px;
    overflow-y: auto;
    padding: 0 24px 14px;
    font-size: 15px;
    white-space: pre-line;
    overflow-wrap: anywhere;
  }
  .terms a {
    color: inherit;
  }
  .terms a:focus-visible {
    outline: 2px solid;
  }
  .turn,
  .time {
    margin-block-start: 6px;
    color: var(--_quiet);
    font-size: 15px;
    font-variant-numeric: tabular-nums;
  }
  [data-phase='live'] .turn {
    color: var(--_text);
    font-size: 17px;
    font-weight: 600;
  }
  .compact {
    flex: none;
    flex-direction: row;
    justify-content: flex-start;
    gap: 18px;
    padding: 16px 22px;
    text-align: start;
  }
  .compact .words {
    flex: 1;
    min-width: 0;
  }
  [data-phase] .compact .orb {
    width: 44px;
    height: 44px;
    --_level: 0;
  }
  [data-phase='live'] .compact .orb {
    box-shadow: 0 0 0 calc(3px + 9px * var(--_level, 0)) color-mix(in srgb, var(--_accent) 22%, transparent);
  }
  [data-phase] .compact .orb > * {
    scale: 0.85;
  }
  [data-phase='idle'] .compact .orb {
    box-shadow: none;
  }
  [data-phase='idle'] .compact .help {
    display: none;
  }
  .compact .status,
  [data-phase='live'] .compact .turn {
    font-size: 16px;
    margin: 0;
  }
  .compact .help {
    margin-block-start: 2px;
    font-size: 14px;
  }
  .compact .time {
    margin-block-start: 0;
    font-size: 14px;
  }
  .compact + .terms {
    padding-block-start: 4px;
  }
  /* Does not spin while waiting for the visitor. */
  .compact:has(+ .terms) .orb::before {
    content: none;
  }
  .log {
    position: relative;
    flex: 1 1 120px;
    min-height: 96px;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-block-start: 1px solid var(--_line);
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 0 18px 14px;
    font-size: 15px;
  }
  .panel :is(.log, .terms):focus-visible {
    outline-offset: -3px;
  }
  /* Scrolled content fades out instead of being cut off. */
  .log:not(:empty)::before {
    content: '';
    position: sticky;
    top: 0;
    flex: none;
    height: 14px;
    margin: 0 -18px -8px;
    background: linear-gradient(var(--_surface), transparent);
  }
  .log:has(~ :is(vapi-agent-settings, vapi-agent-after-call)) {
    min-height: 64px;
  }
  .log:empty {
    flex: none;
    min-height: 0;
    padding: 0;
    border: 0;
  }
  .line {
    max-width: 84%;
    padding: 9px 14px;
    border: 1px solid transparent;
    border-radius: 16px;
    /* In any language; the bubble keeps the panel's direction. */
    unicode-bidi: plaintext;
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
  .line.assistant {
    align-self: flex-start;
    border-end-start-radius: 5px;
    background: var(--_bubble);
  }
  .line.user {
    align-self: flex-end;
    border-end-end-radius: 5px;
    border-color: color-mix(in srgb, var(--_on-accent) 20%, #0000);
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .line:first-child {
    margin-block-start: auto;
  }
  .partial {
    font-style: italic;
  }
  .plain[aria-pressed='true'] {
    border-color: var(--_text);
    background: var(--_text);
    color: var(--_surface);
  }
  /* The visitor's own level: a bar in a groove, growing from the middle. */
  [data-own-level] {
    position: relative;
  }
  [data-own-level]::after {
    content: '';
    position: absolute;
    inset: auto 14px 5px;
    height: 3px;
    border-radius: 2px;
    background: linear-gradient(var(--_text) 0 0) center / calc(100% * var(--_level, 0)) no-repeat var(--_line);
  }
  [aria-pressed='true']::after {
    display: none;
  }
  .danger {
    background: #c2273d;
    color: #fff;
  }
  .plain:disabled {
    border-color: transparent;
    color: var(--_quiet);
    cursor: default;
  }
  .row .square {
    flex: none;
    width: 48px;
    padding: 0;
  }
  .log:not(:empty) + footer {
    border-color: var(--_line);
  }
  @media (max-height: 480px) {
    .compact .orb {
      scale: 1;
      margin: 0;
    }
    .panel .compact {
      padding-block: 8px;
    }
    /* Stays visible whatever the scroll position. */
    .note:not(:empty) {
      position: sticky;
      top: 52px;
      z-index: 1;
      padding-block: 4px 8px;
      background: var(--_surface);
    }
  }
  @media (max-height: 320px) {
    .stage:not(.compact) .orb {
      display: none;
    }
  }
  @media (max-width: 480px) {
    :host(:not([placement='inline'])) .log:not(:empty) {
      flex-basis: auto;
      max-height: 62dvh;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    :host([state='live']:not([open])) [part='launcher'] i {
      animation: vapi-agent-pulse 1.6s ease-in-out infinite;
    }
  }
  @keyframes vapi-agent-pulse {
    50% {
      opacity: 0.45;
    }
  }
  @media (forced-colors: active) {
    .line {
      border-color: currentColor;
    }
    [data-own-level]::after {
      forced-color-adjust: none;
      background-color: Canvas;
      background-image: linear-gradient(Highlight 0 0);
    }
    .log::before {
      visibility: hidden;
    }
    .plain[aria-pressed='true'] {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    :is([data-phase='preparing'], [data-phase='connecting'], [data-phase='ending']) .orb::before {
      content: '';
      position: absolute;
      inset: -9px;
      border: 3px solid transparent;
      border-block-start-color: var(--_accent);
      border-radius: 50%;
      /* A quick start is over before anything spins. */
      animation: vapi-agent-turn 1.1s linear 0.4s infinite;
    }
  }
  @keyframes vapi-agent-turn {
    to {
      rotate: 1turn;
    }
  }
  .panel .link {
    display: inline;
    min-height: 24px;
    padding: 0 4px;
    background: none;
    color: inherit;
    font-weight: 400;
    text-decoration: underline;
  }
  @media (forced-colors: active) {
    .orb,
    .avatar {
      border: 1px solid;
    }
    .orb {
      color: CanvasText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .orb {
      --_level: 0 !important;
    }
  }
  @media print {
    :host {
      display: none;
    }
  }
  .avatar img {
    width: 36px;
    height: 36px;
    object-fit: cover;
  }
  header h2 {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
  }
`;
