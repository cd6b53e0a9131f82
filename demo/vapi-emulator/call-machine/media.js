/** Sound in and out: the microphone, the agent's voice through a pair of peer connections, and loudness meters. */
import { Voice } from './voice.js';

/** Root mean square of a track's sound, 0 to 1. */
class Meter {
  /**
   * @param {AudioContext} context
   * @param {MediaStreamTrack} track
   */
  constructor(context, track) {
    this.source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    this.analyser = new AnalyserNode(context, { fftSize: 2048 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    return Math.sqrt(this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length);
  }

  stop() {
    this.source.disconnect();
  }
}

/**
 * The agent: a voice on one end of a real connection, a received track on the other.
 * Resolves when the track has arrived.
 */
export async function openAgentVoice() {
  const context = new AudioContext();
  // Without a gesture on the page the browser may refuse; then the call is silent, not broken.
  void context.resume().catch(() => {});
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  const voice = new Voice(context, destination);
  const agent = new RTCPeerConnection();
  const page = new RTCPeerConnection();
  const close = () => {
    agent.close();
    page.close();
    void context.close();
  };
  try {
    agent.onicecandidate = ({ candidate }) =>
      void page.addIceCandidate(candidate ?? undefined).catch(() => {});
    page.onicecandidate = ({ candidate }) =>
      void agent.addIceCandidate(candidate ?? undefined).catch(() => {});
    const arrived = new Promise((resolve) => {
      page.ontrack = ({ track }) => resolve(track);
    });
    for (const track of destination.stream.getAudioTracks()) agent.addTrack(track, destination.stream);
    await agent.setLocalDescription(await agent.createOffer());
    await page.setRemoteDescription(agent.localDescription);
    await page.setLocalDescription(await page.createAnswer());
    await agent.setRemoteDescription(page.localDescription);
    const track = await arrived;
    // Chromium gives a received track to Web Audio only while some element plays it; the SDK's may come later.
    const pump = new Audio();
    pump.muted = true;
    pump.srcObject = new MediaStream([track]);
    void pump.play().catch(() => {});
    const meter = new Meter(context, track);
    return {
      track,
      speak: (text, seconds) => voice.speak(text, seconds),
      hush: () => voice.hush(),
      level: () => meter.level(),
      stop: () => {
        meter.stop();
        pump.srcObject = null;
        track.stop();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What daily-js puts in place of the page's own track. */
const pagesOwnTrack = 'daily-custom-track';

/**
 * The microphone, as the call object requested it. Rejects as `getUserMedia` does.
 * @param {boolean | string} audioSource false, true, a device id, or the mark of a track of the page
 * @param {MediaStreamTrack | undefined} shared the page's own track
 */
export async function openMicrophone(audioSource, shared) {
  if (audioSource === false) return undefined;
  const own = audioSource === pagesOwnTrack && shared !== undefined;
  const device = typeof audioSource === 'string' && !own ? { deviceId: { exact: audioSource } } : {};
  const stream = own
    ? new MediaStream([shared])
    : await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, ...device } });
  const [track] = stream.getAudioTracks();
  let context;
  let meter;
  return {
    stream,
    setMuted: (muted) => {
      track.enabled = !muted;
    },
    level: () => {
      context ??= new AudioContext();
      meter ??= new Meter(context, track);
      return meter.level();
    },
    stop: () => {
      meter?.stop();
      void context?.close();
      // The page's own track stays the page's.
      if (!own) track.stop();
    },
  };
}
