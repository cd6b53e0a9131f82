import { css } from '../css.ts';

/** The stage: the state of the call, and what the panel says before one. */
export const stageStyle = css`
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
  /* For screen readers only. */
  .unseen,
  .who,
  [data-phase='live'] .status {
    position: absolute;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
