/** Lets a visitor keep the transcript, copied or as a file. Loaded with what shows it: the end of a call, or a chat. */
import { html, LitElement, type TemplateResult } from 'lit';
import type { Strings } from '../strings/en.ts';
import type { Line } from '../transcript.ts';
import type { FollowsLog } from './follows-log.ts';

/** What one side has said so far, guesses included. */
export const textOf = (line: Line): string => [...line.final, line.partial].filter(Boolean).join(' ');

/** Milliseconds for which "Copied" is shown. */
const copiedMs = 2000;

export class KeepTranscriptElement extends LitElement {
  static override properties = {
    strings: { attribute: false },
    transcript: { attribute: false },
    copied: { state: true },
  };

  declare strings: Strings;
  declare transcript: readonly Line[];
  declare copied: boolean;

  constructor() {
    super();
    this.copied = false;
  }

  /** Into the panel's own tree, to share its style sheet and parts. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Growing here takes room from the conversation. */
  protected override updated(): void {
    this.closest<FollowsLog>('vapi-agent-panel')?.followLog();
  }

  protected override render(): TemplateResult {
    const { strings, copied } = this;
    return html`<div class="keep">
      <button type="button" class="link" part="button copy" @click=${this.#copy}>${copied ? strings.transcriptCopied : strings.transcriptCopy}</button>
      <button type="button" class="link" part="button save" @click=${this.#save}>${strings.transcriptSave}</button>
      <span class="unseen" role="status">${copied ? strings.transcriptCopied : ''}</span>
    </div>`;
  }

  #text(): string {
    const { strings } = this;
    return this.transcript
      .map((line) => `${line.role === 'user' ? strings.you : strings.assistant}: ${textOf(line)}`)
      .join('\n');
  }

  #copy = async (): Promise<void> => {
    // Refused in a frame without the permission; saving a file still works.
    await navigator.clipboard?.writeText(this.#text()).then(
      () => {
        this.copied = true;
        setTimeout(() => {
          this.copied = false;
        }, copiedMs);
      },
      () => this.#save(),
    );
  };

  #save = (): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([this.#text()], { type: 'text/plain;charset=utf-8' }));
    link.download = `transcript-${new Date().toISOString().slice(0, 10)}.txt`;
    link.click();
    // After the browser has handled the click.
    setTimeout(() => URL.revokeObjectURL(link.href));
  };
}

/** In a template: `<vapi-agent-keep .strings .transcript>`. */
export function defineKeepTranscript(): void {
  const tag = 'vapi-agent-keep';
  if (!customElements.get(tag)) customElements.define(tag, KeepTranscriptElement);
}
