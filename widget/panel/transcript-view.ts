import { html, nothing, type TemplateResult } from 'lit';
import type { CallState } from '../call-state.ts';
import type { Strings } from '../strings/en.ts';
import type { Line } from '../transcript.ts';

/**
 * The conversation as a log. Written lines are announced as they are added; during a call nothing is, so that no screen
 * reader talks over the assistant. Guesses are visual only, because they change several times a second. Lines are only
 * added at the end, so each keeps its element.
 */
export function transcriptView(
  { transcript, phase }: CallState,
  strings: Strings,
  rich: Rich = asText,
): TemplateResult {
  return html`<div class="log" part="transcript" role="log" tabindex=${transcript.length > 0 ? 0 : nothing}
    aria-live=${phase === 'live' ? 'off' : nothing}
    aria-label=${strings.transcriptName}>${transcript.map((line) => lineView(line, strings, line.role === 'user' ? asText : rich))}</div>`;
}

/** Shows what the assistant has written. */
type Rich = (text: string) => unknown;
const asText: Rich = (text) => text;

const lineView = ({ role, final, partial }: Line, strings: Strings, show: Rich): TemplateResult => html`<p
  class="line ${role}" part="line ${role}"
><bdi class="who">${role === 'user' ? strings.you : strings.assistant}: </bdi>${final.map(
  (text) => html`<span>${show(text)} </span>`,
)}${partial ? html`<span class="partial" aria-hidden="true">${show(partial)}</span>` : nothing}</p>`;
