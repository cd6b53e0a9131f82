import { css } from '../css.ts';

/** Fields and forms: settings, composer, what follows a call. Loaded with the first of them. */
export const formStyle = css`
  vapi-agent-settings,
  vapi-agent-composer,
  vapi-agent-after-call,
  vapi-agent-keep {
    display: contents;
  }
  .composer {
    display: flex;
    align-items: end;
    gap: 8px;
    margin-block-end: 10px;
  }
  .composer textarea {
    flex: 1;
    min-width: 0;
    max-height: 7.5em;
    resize: none;
    field-sizing: content;
  }
  .panel .composer textarea {
    /* As high as the button beside it. */
    min-height: 48px;
    padding-block: 11px;
  }
  .composer .square {
    flex: none;
    width: 48px;
    padding: 0;
  }
  .composer:dir(rtl) svg {
    scale: -1 1;
  }
  .keep {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    column-gap: 6px;
    color: var(--_quiet);
    font-size: 14px;
  }
  .panel .keep .link {
    min-height: 32px;
    padding: 0 8px;
    border: 0;
  }
  .composer + * .keep {
    margin-block: -6px 4px;
  }
  /* Keeps what has the focus clear of the footer, which covers the end of the panel. */
  .panel {
    scroll-padding-block: 72px 170px;
  }
  .after,
  .settings {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 10px;
    padding: 12px 18px 4px;
    border-block-start: 1px solid var(--_line);
    font-size: 15px;
  }
  .after form,
  .panel label {
    display: grid;
    gap: 8px;
  }
  .settings label {
    grid-template-columns: 7em minmax(0, 1fr);
    align-items: center;
  }
  @media (max-width: 359px) {
    .settings {
      gap: 6px;
      padding-block: 8px 0;
    }
    .settings label:has(select) {
      grid-template-columns: none;
      gap: 2px;
    }
  }
  /* There is room for only one of them. */
  .panel:has(.settings, .after textarea) .composer {
    display: none;
  }
  @media (max-height: 600px) {
    .panel:has(.settings, .after textarea) .log {
      display: none;
    }
  }
  /* A panel in a corner is never higher than on a small phone. */
  @media (min-width: 481px) {
    .panel:has(.after textarea) .log {
      display: none;
    }
  }
  /* If the content is higher than the panel, all of it scrolls: nothing is hidden under the footer. */
  .panel:has(.settings, .after) footer {
    position: static;
    margin-block-start: auto;
  }
  /* Above a small phone's keyboard there is room for the conversation and the field only. */
  [data-typing] :is(.compact, .orb, .keep, .fine, .row:has([part~='start'])) {
    display: none;
  }
  .panel[data-typing] footer {
    position: static;
  }
  .after :is(fieldset, span, p) {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: 8px;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .after legend {
    float: inline-start;
    padding: 0;
    font-weight: 600;
  }
  .after p:empty {
    display: none;
  }
  .panel :is(select, textarea, input) {
    width: 100%;
    min-height: 44px;
    margin: 0;
    padding: 8px 12px;
    border: 1px solid var(--_quiet);
    border-radius: var(--_control);
    background: var(--_surface);
    color: var(--_text);
    font: inherit;
    accent-color: var(--_accent);
  }
  /* In any language. */
  .panel textarea {
    unicode-bidi: plaintext;
  }
  .panel ::placeholder {
    color: var(--_quiet);
    opacity: 1;
  }
  .panel input[type='range'] {
    padding: 0;
  }
  .panel :is(select, textarea, input):focus-visible {
    outline: 2px solid var(--_text);
    outline-offset: 1px;
  }
  .panel select {
    text-overflow: ellipsis;
  }
  .meter {
    height: 6px;
  }
  /* In any order of the style sheets. */
  .settings .meter::after {
    inset: 0;
    height: auto;
  }
  @media (forced-colors: active) {
    .meter {
      height: 8px;
      border: 1px solid;
    }
  }
  .line a {
    color: inherit;
  }
  .line a:focus-visible {
    outline: 2px solid;
  }
  .line ul {
    margin: 4px 0;
    padding-inline-start: 1.2em;
  }
`;
