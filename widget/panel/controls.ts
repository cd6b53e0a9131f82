import { html, nothing, type TemplateResult } from 'lit';
import { type CallState, isActive } from '../call-state.ts';
import { isWorthRetrying } from '../failure.ts';
import type { Strings } from '../strings/en.ts';
import { icons } from './icons.ts';

/** What the visitor can ask for; the listener decides what it does. */
export type Intent = 'start' | 'end' | 'mute' | 'close' | 'agree' | 'withdraw' | 'play-sound' | 'settings';

/** The bottom row: exactly the actions that currently make sense, the main one marked `data-main`. */
export function controls(
  call: CallState,
  strings: Strings,
  showsSettings: boolean,
  isText: boolean,
  ask: (intent: Intent) => void,
): TemplateResult | typeof nothing {
  // The second half of a double click was meant for the previous button.
  const main = (intent: Intent, text: string, icon: unknown = nothing, kind = 'primary') => html`<button
    class=${kind} part="button ${intent}" data-main @click=${({ detail }: MouseEvent) => detail < 2 && ask(intent)}>${icon}<span>${text}</span></button>`;
  const settings = html`<button class="plain square" part="button settings" aria-label=${strings.settings} aria-expanded=${showsSettings}
    @click=${() => ask('settings')}>${icons.settings}</button>`;
  if (call.askingConsent) {
    return html`<button class="plain" part="button decline" @click=${() => ask('end')}>${strings.consentDecline}</button>
      ${main('agree', strings.consentAccept)}`;
  }
  if (isText && !isActive(call) && !call.offersRejoin) return nothing;
  switch (call.phase) {
    case 'idle':
      return main('start', call.offersRejoin ? strings.backToCall : strings.startCall, icons.phone);
    case 'preparing':
      return main('end', strings.cancel, nothing, 'plain');
    case 'connecting':
      return main('end', strings.cancel, nothing, 'plain');
    case 'live':
      // The name stays the same when pressed: `aria-pressed` has the state.
      return html`<button class="plain" part="button mute" data-own-level aria-pressed=${call.muted} @click=${() => ask('mute')}>
          ${call.muted ? icons.microphoneOff : icons.microphone}<span>${strings.mute}</span></button>
        ${settings}
        ${main('end', strings.hangUp, icons.hangUp, 'danger')}`;
    case 'ending':
      return html`<button class="plain" part="button" disabled>${strings.statusEnding}</button>`;
    case 'ended':
      return main('start', strings.talkAgain, icons.phone);
    case 'error':
      // If the microphone is in use or missing, another one may work.
      return call.failure && isWorthRetrying(call.failure.code)
        ? html`${/^microphone_[bm]/.test(call.failure.code) ? settings : nothing}${main('start', strings.tryAgain)}`
        : main('close', strings.close, nothing, 'plain');
  }
}
