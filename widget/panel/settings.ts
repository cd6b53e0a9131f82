/** Microphone, speaker and volume of the call. A separate chunk, loaded when the visitor opens it. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CallController } from '../call-controller.ts';
import type { Sound } from '../sound.ts';
import type { Strings } from '../strings/en.ts';
import type { PanelElement } from './panel.ts';

export class SettingsElement extends LitElement {
  static override properties = {
    strings: { attribute: false },
    sound: { attribute: false },
    devices: { state: true },
  };

  declare strings: Strings;
  declare sound: Sound;
  declare devices: readonly MediaDeviceInfo[];
  onSound: (sound: Sound) => void = () => {};

  constructor() {
    super();
    this.devices = [];
  }

  /** Into the panel's own tree, to share its style sheet and parts. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    navigator.mediaDevices?.addEventListener('devicechange', this.#list);
    this.addEventListener('keydown', this.#onKey);
    void this.#list();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    navigator.mediaDevices?.removeEventListener('devicechange', this.#list);
  }

  /** Growing here takes room from the conversation. */
  protected override updated(): void {
    this.closest<PanelElement>('vapi-agent-panel')?.followLog();
  }

  protected override render(): TemplateResult {
    const { strings } = this;
    // Safari does not let pages choose the speaker.
    const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;
    return html`<div class="settings" part="settings" role="group" aria-label=${strings.settings}>
      ${this.#choice('audioinput', strings.settingsMicrophone, 'microphone')}
      <div class="meter" data-own-level role="img" aria-label=${strings.settingsLevel}></div>
      ${canChooseSpeaker ? this.#choice('audiooutput', strings.settingsSpeaker, 'speaker') : nothing}
      ${canSetVolume() ? this.#volume() : nothing}
    </div>`;
  }

  #volume(): TemplateResult {
    const set = (event: Event) => this.#set({ volume: Number((event.target as HTMLInputElement).value) });
    return html`<label>${this.strings.settingsVolume}<input type="range" min="0" max="1" step="0.05"
      .value=${String(this.sound.volume)} @input=${set}></label>`;
  }

  #choice(kind: MediaDeviceKind, label: string, name: 'microphone' | 'speaker'): TemplateResult {
    const devices = this.devices.filter((device) => device.kind === kind);
    const choose = (event: Event) => this.#set({ [name]: (event.target as HTMLSelectElement).value });
    return html`<label>${label}<select @change=${choose}>
      <option value="">${this.strings.settingsDefault}</option>
      ${devices.map(
        ({ deviceId, label: text }, index) =>
          html`<option value=${deviceId} ?selected=${deviceId === this.sound[name]}>${text || `${label} ${index + 1}`}</option>`,
      )}
    </select></label>`;
  }

  #set(change: Partial<Sound>): void {
    this.sound = { ...this.sound, ...change };
    this.onSound(this.sound);
  }

  /** Closes the settings, not the whole panel. */
  #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    const button = this.closest('[role=dialog]')?.querySelector<HTMLElement>('[aria-expanded]');
    button?.focus();
    button?.click();
  };

  #list = async (): Promise<void> => {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    // Chrome lists the system's choice twice; our first entry already is that.
    this.devices = devices.filter(
      ({ deviceId }) => deviceId && !['default', 'communications'].includes(deviceId),
    );
    // For a device that is gone, the list shows the system's choice.
    const { microphone } = this.sound;
    if (microphone && devices.length > 0 && !devices.some(({ deviceId }) => deviceId === microphone)) {
      this.#set({ microphone: '' });
    }
  };
}

/** iOS leaves volume to the phone's buttons: what a page sets has no effect there. */
function canSetVolume(): boolean {
  const probe = new Audio();
  probe.volume = 0.5;
  return probe.volume !== 1;
}

/** Those of the call, or of the next one. */
export function createSettings(panel: PanelElement, controller: CallController): SettingsElement {
  const tag = 'vapi-agent-settings';
  if (!customElements.get(tag)) customElements.define(tag, SettingsElement);
  const settings = document.createElement(tag) as SettingsElement;
  settings.strings = panel.strings;
  settings.sound = controller.sound;
  settings.onSound = (sound) => controller.setSound(sound);
  return settings;
}
