/**
 * Replaces Daily's downloaded call machine: daily-js and Vapi's SDK above it are the real ones. Each test controls it
 * through `window.machine`; the protocol is that of daily-js 0.87.
 */
(() => {
  const remote = 'R1';
  const off = { state: 'off', subscribed: false };

  class Machine {
    constructor(id) {
      this.id = id;
      this.received = [];
      this.state = {
        local: { public: { subscribedTracks: { ALL: false } }, streams: {} },
        participants: {},
        streams: {},
      };
      addEventListener('message', this);
    }

    handleEvent({ data }) {
      if (data?.what !== 'iframe-call-message' || data.from !== 'module' || data.callClientId !== this.id)
        return;
      this.received.push(data);
      if (data.action === 'join-meeting') this.join(data);
      else if (data.action === 'leave-meeting') this.leave();
      else if (data.callbackStamp)
        this.post({
          action: data.action,
          callbackStamp: data.callbackStamp,
          inputSettings: data.inputSettings ?? {},
        });
    }

    post(message) {
      postMessage(
        { what: 'iframe-call-message', from: 'embedded', callClientId: this.id, ...message },
        location.origin,
      );
    }

    join({ callbackStamp, properties }) {
      this.joinedUrl = properties.url;
      this.joinProperties = properties;
      const how = window.machineJoins ?? 'at once';
      if (how === 'never') return;
      if (how === 'refused') {
        this.post({
          action: 'error',
          errorMsg: 'network unreachable',
          error: { type: 'connection-error', msg: 'network unreachable' },
        });
        return;
      }
      const tracks = { audio: { state: 'playable' }, video: off, screenVideo: off, screenAudio: off };
      this.post({
        action: 'joined-meeting',
        callbackStamp,
        participants: { local: { local: true, session_id: 'L1', user_name: '', tracks } },
      });
      this.speaker('participant-joined', { state: 'loading', subscribed: false });
      const context = new AudioContext();
      const voice = context.createMediaStreamDestination();
      // WebKit plays a track only once something comes out of it, and allows nothing to play unprompted.
      const silence = new ConstantSourceNode(context, { offset: 0 });
      silence.connect(voice);
      silence.start();
      void context.resume();
      const [track] = voice.stream.getAudioTracks();
      this.state.streams.s1 = {
        participantId: remote,
        type: 'cam',
        pendingTrack: track,
        starttime: new Date().toISOString(),
      };
      this.speaker('participant-updated', { state: 'playable', subscribed: true });
      this.app('listening');
    }

    speaker(action, audio) {
      const tracks = { audio, video: off, screenVideo: off, screenAudio: off };
      this.post({
        action,
        participant: { local: false, session_id: remote, user_name: 'Vapi Speaker', audio: true, tracks },
      });
    }

    /** A message of the assistant; an object travels as JSON, as it does at Vapi. */
    app(data) {
      this.post({
        action: 'app-message',
        fromId: remote,
        data: typeof data === 'string' ? data : JSON.stringify(data),
      });
    }

    says(role, transcript, transcriptType = 'final') {
      this.app({ type: 'transcript', role, transcriptType, transcript });
    }

    level(value) {
      this.post({ action: 'remote-participants-audio-level', participantsAudioLevel: { [remote]: value } });
    }

    ownLevel(audioLevel) {
      this.post({ action: 'local-audio-level', audioLevel });
    }

    network(message) {
      this.post(message);
    }

    /** The other side closes the room, which Daily reports as an error. */
    closeRoom(endedReason) {
      if (endedReason) this.app({ type: 'status-update', status: 'ended', endedReason });
      this.fail('Meeting has ended', 'ejected');
    }

    fail(text, type) {
      this.post({ action: 'error', errorMsg: text, error: { type, msg: text } });
      this.leave();
    }

    leave() {
      this.post({ action: 'left-meeting' });
      removeEventListener('message', this);
    }

    /** What the SDK has sent to the assistant, parsed. */
    get sent() {
      return this.received
        .filter(({ action, data }) => action === 'app-msg' && String(data).startsWith('{'))
        .map(({ data }) => JSON.parse(data));
    }
  }

  for (const id of window._daily.pendings.splice(0)) {
    const machine = new Machine(id);
    window._daily.instances[id].callMachine = { store: { getState: () => machine.state }, reset() {} };
    window.machine = machine;
    machine.post({ action: 'call-machine-initialized' });
    machine.post({ action: 'loaded' });
  }
})();
