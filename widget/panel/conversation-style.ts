import { css } from '../css.ts';

/** The stage (who speaks, how the call stands) and the transcript below it. */
export const conversationStyle = css`
  .stage {
    flex: 1 0 auto;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 28px;
    padding: 28px 24px 12px;
    text-align: center;
  }
  .orb {
    display: grid;
    place-items: center;
    position: relative;
    flex: none;
    width: 112px;
    height: 112px;
    border-radius: 50%;
    background: radial-gradient(circle at 30% 25%, color-mix(in oklab, var(--_accent), #fff 22%), var(--_accent) 65%);
    color: var(--_on-accent);
    box-shadow:
      0 0 0 calc(8px + 14px * var(--_level, 0)) color-mix(in srgb, var(--_accent) 16%, transparent),
      0 0 0 calc(18px + 26px * var(--_level, 0)) color-mix(in srgb, var(--_accent) 8%, transparent);
  }
  .orb > * {
    scale: 1.9;
  }
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
  .words {
    position: relative;
  }
  .status {
    font-size: 20px;
    font-weight: 600;
    line-height: 1.3;
    text-wrap: balance;
  }
  .help {
    display: block;
    margin-block-start: 8px;
    color: var(--_quiet);
    font-size: 15px;
    font-weight: 400;
    line-height: 1.5;
    text-wrap: pretty;
  }
  .turn,
  .time {
    margin-block-start: 6px;
    color: var(--_quiet);
    font-size: 15px;
    font-variant-numeric: tabular-nums;
  }
  /* For ears only. */
  .unseen,
  .who,
  [data-phase='live'] .status {
    position: absolute;
    clip-path: inset(50%);
    white-space: nowrap;
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
    outline-offset: -3px;
  }
  .terms a {
    color: inherit;
  }
  .log {
    position: relative;
    flex: 1 1 120px;
    min-height: 96px;
    overflow-y: auto;
    overscroll-behavior: contain;
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 6px 18px 14px;
    font-size: 15px;
    outline-offset: -3px;
  }
  .log:has(~ :is(vapi-agent-settings, vapi-agent-after-call)) {
    min-height: 64px;
  }
  .log:empty {
    flex: none;
    min-height: 0;
    padding: 0;
  }
  .line {
    max-width: 84%;
    padding: 9px 14px;
    border: 1px solid transparent;
    border-radius: 16px;
    overflow-wrap: anywhere;
  }
  .line.assistant {
    align-self: flex-start;
    border-end-start-radius: 5px;
    background: var(--_bubble);
  }
  .line.user {
    align-self: flex-end;
    border-end-end-radius: 5px;
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .line:first-child {
    margin-block-start: auto;
  }
  .partial {
    font-style: italic;
  }
`;
