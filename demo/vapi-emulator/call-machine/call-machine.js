/**
 * What daily-js 0.87.0 loads in place of Daily's call machine: it uses that release's message protocol with the page
 * (vapi-facts 8.3, 8.4) and acts as the room that the emulator runs.
 */
import { openAgentVoice, openMicrophone } from './media.js';

const agentId = 'R1';
const off = { state: 'off' };
/** Attempts to restore the event stream, a few seconds apart. */
const mostFaults = 4;
const silentTracks = { video: off, screenVideo: off, screenAudio: off };

/** Serves one call object until the page is gone; each join is a separate `Visit`. */
export function startCallMachine(callClientId, origin, early) {
  const state = {
    local: { public: { subscribedTracks: { ALL: false } }, streams: {} },
    participants: {},
    streams: {},
  };
  let visit;

  const send = (message) =>
    window.postMessage(
      { what: 'iframe-call-message', from: 'embedded', callClientId, ...message },
      location.origin,
    );

  const receive = ({ data, source }) => {
    if (source !== window || data?.what !== 'iframe-call-message' || data.from !== 'module') return;
    if (data.callClientId !== callClientId) return;
    if (data.action === 'join-meeting') {
      visit?.stop();
      visit = new Visit({
        origin,
        send,
        state,
        request: data,
        shared: () => sharedTrack(callClientId),
        onGone: release,
      });
    } else visit?.handle(data);
  };
  /** After the call nothing listens any longer; with `reset` daily-js wants to join again. */
  const release = () => window.removeEventListener('message', receive);
  const listen = () => {
    window.addEventListener('message', receive);
    send({ action: 'call-machine-initialized' });
    send({ action: 'loaded' });
  };

  const instance = window._daily?.instances[callClientId];
  // Destroyed while the modules were loading.
  if (instance === undefined) return;
  instance.callMachine = { store: { getState: () => state }, reset: listen };
  listen();
  for (const event of early) receive(event);
}

const sharedTrack = (callClientId) => window._daily?.instances[callClientId]?.tracks?.audioTrack;

class Visit {
  constructor({ origin, send, state, request, shared, onGone }) {
    this.room = `${origin}/daily/rooms/${new URL(request.properties.url).pathname.slice(1)}`;
    this.send = send;
    this.state = state;
    this.request = request;
    this.shared = shared;
    this.onGone = onGone;
    this.sessionId = crypto.randomUUID();
    this.muted = false;
    this.gone = false;
    this.timers = {};
    this.sending = Promise.resolve();
    this.faults = 0;
    this.leaveWithPage = () =>
      navigator.sendBeacon(`${this.room}/messages`, JSON.stringify({ kind: 'left' }));
    window.addEventListener('pagehide', this.leaveWithPage);
    this.events = new EventSource(`${this.room}/events`);
    this.events.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    this.events.onopen = () => {
      this.faults = 0;
    };
    this.events.onerror = () => {
      this.faults += 1;
      // A page that is being left also closes its streams before it reports that: check again a moment later.
      this.timers.fault = setTimeout(() => this.#judgeFault(), 150);
    };
  }

  /** One message of daily-js. */
  handle(message) {
    this.#actions[message.action]?.(message);
  }

  /** Releases everything; after this the visit sends and receives nothing. */
  stop() {
    if (this.gone) return;
    this.gone = true;
    this.events.close();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    window.removeEventListener('pagehide', this.leaveWithPage);
    this.microphone?.stop();
    this.agent?.stop();
    this.state.streams = {};
    this.state.local.streams = {};
    this.onGone();
  }

  #actions = {
    'leave-meeting': async () => {
      const heard = this.#tell({ kind: 'left' });
      this.stop();
      // As at Daily: a visitor who has left is out of the room for everyone.
      await heard;
      this.send({ action: 'left-meeting' });
    },
    'app-msg': ({ data }) => this.#tell({ kind: 'app-message', data }),
    'local-audio': ({ state }) => {
      this.muted = !state;
      this.microphone?.setMuted(this.muted);
      this.#tell({ kind: 'muted', muted: this.muted });
      this.send({ action: 'participant-updated', participant: this.#local() });
    },
    'update-participant': ({ id, properties }) => {
      if (id === agentId && properties?.setSubscribedTracks?.audio) void this.#subscribe();
    },
    'update-input-settings': (message) => this.#answer(message, { inputSettings: message.inputSettings }),
    'start-remote-participants-audio-level-observer': (message) => {
      this.#every('remote', message.interval, () => ({
        action: 'remote-participants-audio-level',
        participantsAudioLevel: this.agent === undefined ? {} : { [agentId]: this.agent.level() },
      }));
      this.#answer(message, {});
    },
    'stop-remote-participants-audio-level-observer': () => clearInterval(this.timers.remote),
    'start-local-audio-level-observer': (message) => {
      this.#every('local', message.interval, () => ({
        action: 'local-audio-level',
        audioLevel: this.microphone === undefined || this.muted ? 0 : this.microphone.level(),
      }));
      this.#answer(message, {});
    },
    'stop-local-audio-level-observer': () => clearInterval(this.timers.local),
    'get-input-devices': (message) => this.#answer(message, this.#devices()),
    'set-input-devices': async (message) => {
      if (message.audioDeviceId) await this.#changeMicrophone(message.audioDeviceId);
      this.#answer(message, this.#devices());
    },
    'set-output-device': (message) => this.#answer(message, this.#devices()),
  };

  /** One event of the emulator. */
  #hear(event) {
    const reactions = {
      welcome: () => {
        // Sent again after a reconnection of the stream.
        if (!this.welcomed) void this.#join(event.microphone);
        this.welcomed = true;
      },
      'app-message': () => this.send({ action: 'app-message', data: event.data, fromId: agentId }),
      speak: () => this.agent?.speak(event.text, event.seconds),
      hush: () => this.agent?.hush(),
      ended: () => this.#putOut('ejected', 'Meeting has ended'),
    };
    if (!this.gone) reactions[event.kind]?.();
  }

  async #join(microphone) {
    try {
      if (microphone === 'refused') throw new DOMException('Permission denied', 'NotAllowedError');
      this.microphone = await openMicrophone(this.request.properties.audioSource ?? true, this.shared());
      if (this.microphone !== undefined)
        this.state.local.streams = { cam: { stream: this.microphone.stream } };
    } catch (error) {
      this.blocked = true;
      this.#cameraError(error);
    }
    if (this.gone) {
      this.microphone?.stop();
      return;
    }
    this.#answer(this.request, { action: 'joined-meeting', participants: { local: this.#local() } });
    this.#tell({ kind: this.blocked ? 'microphone-refused' : 'joined' });
    this.send({ action: 'participant-joined', participant: this.#remote('loading', false) });
  }

  async #subscribe() {
    if (this.subscribed) return;
    this.subscribed = true;
    const agent = await openAgentVoice();
    if (this.gone) {
      agent.stop();
      return;
    }
    this.agent = agent;
    this.state.local.public.subscribedTracks = { ALL: false, [agentId]: { 'cam-audio': true } };
    this.state.streams = {
      [`${agentId}-audio`]: {
        participantId: agentId,
        type: 'cam',
        pendingTrack: agent.track,
        starttime: new Date().toISOString(),
      },
    };
    this.send({ action: 'participant-updated', participant: this.#remote('playable', true) });
  }

  async #changeMicrophone(deviceId) {
    try {
      const next = await openMicrophone(deviceId, this.shared());
      this.microphone?.stop();
      this.microphone = next;
      next.setMuted(this.muted);
      this.state.local.streams = { cam: { stream: next.stream } };
      this.send({ action: 'participant-updated', participant: this.#local() });
    } catch (error) {
      this.#cameraError(error);
    }
  }

  /** The room is gone or never existed: in daily-js's order the error comes before the end. */
  #putOut(type, msg) {
    this.stop();
    this.send({ action: 'error', errorMsg: msg, error: { type, msg } });
    this.send({ action: 'left-meeting' });
  }

  #judgeFault() {
    if (this.gone) return;
    // A refused stream is closed for good: there is no such room. After any other fault the browser retries automatically.
    if (this.events.readyState === EventSource.CLOSED)
      this.#putOut('no-room', 'The meeting you are trying to join has been deleted');
    else if (this.faults > mostFaults) this.#putOut('connection-error', 'Connection to the room was lost');
  }

  #cameraError(error) {
    const denied = error?.name === 'NotAllowedError';
    const msg = error?.message ?? String(error);
    this.send({
      action: 'camera-error',
      errorMsg: { errorMsg: msg, audioOk: false, videoOk: true },
      error: denied
        ? { type: 'permissions', msg, blockedBy: 'user', blockedMedia: ['audio'] }
        : { type: error?.name === 'NotFoundError' ? 'not-found' : 'unknown', msg, missingMedia: ['audio'] },
    });
  }

  #local() {
    const audible = this.microphone !== undefined && !this.muted;
    const audio = this.blocked
      ? { state: 'blocked', blocked: { byPermissions: true } }
      : audible
        ? { state: 'playable' }
        : off;
    return {
      local: true,
      session_id: this.sessionId,
      user_id: this.sessionId,
      user_name: '',
      audio: audible,
      tracks: { audio: { ...audio, subscribed: true }, ...silentTracks },
    };
  }

  #remote(state, subscribed) {
    return {
      local: false,
      session_id: agentId,
      user_id: agentId,
      // The SDK plays no one else.
      user_name: 'Vapi Speaker',
      audio: true,
      tracks: { audio: { state, subscribed }, ...silentTracks },
    };
  }

  #devices() {
    const settings = this.microphone?.stream.getAudioTracks()[0]?.getSettings();
    return { camera: {}, mic: settings?.deviceId ? { deviceId: settings.deviceId } : {}, speaker: {} };
  }

  #every(name, interval, message) {
    clearInterval(this.timers[name]);
    this.timers[name] = setInterval(() => this.send(message()), interval ?? 200);
  }

  /** Answers a request of daily-js that waits for one. */
  #answer({ action, callbackStamp }, content) {
    this.send({ action, callbackStamp, ...content });
  }

  /** One after the other, so that the emulator gets messages in order. Settles when it has received this one. */
  #tell(message) {
    const send = () =>
      fetch(`${this.room}/messages`, { method: 'POST', body: JSON.stringify(message), keepalive: true });
    this.sending = this.sending.then(send).catch(() => {});
    return this.sending;
  }
}
