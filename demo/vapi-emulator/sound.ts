/** A call as a WAV file: a tone for each syllable of what was said, so that it can be heard, seeked and measured. Pure. */
import type { SpokenLine } from './world.ts';

export interface Take {
  lines: SpokenLine[];
  /** Milliseconds since the epoch. */
  from: number;
  /** Length of the file. */
  seconds: number;
}

/** Hertz. Enough for telephone quality, and files stay small. */
export const sampleRate = 8000;
const bytesPerSample = 2;
const headBytes = 44;
/** Base pitch of each side's voice, in hertz. */
const pitch = { assistant: 330, visitor: 190 };
const loudness = 9000;
/** Syllables in a second. */
const pace = 4;

type Side = SpokenLine['who'];
/** Who can be heard in each channel of a file. */
export type Channels = Side[][];

/** @returns a whole file: PCM, 16 bits */
export function wavOf(take: Take, channels: Channels): Buffer {
  const frames = Math.max(1, Math.round(take.seconds * sampleRate));
  const frameBytes = channels.length * bytesPerSample;
  const file = Buffer.alloc(headBytes + frames * frameBytes);
  writeHead(file, channels.length);
  const at = (frame: number, channel: number) => headBytes + frame * frameBytes + channel * bytesPerSample;
  const add = (tone: Tone, channel: number) => {
    const last = Math.min(frames, Math.round(tone.to * sampleRate));
    for (let frame = Math.round(tone.from * sampleRate); frame < last; frame += 1)
      file.writeInt16LE(sampleOf(tone, frame / sampleRate), at(frame, channel));
  };
  for (const [channel, heard] of channels.entries()) {
    add(ringing, channel);
    for (const line of take.lines) {
      if (heard.includes(line.who)) for (const tone of tonesOf(line, take.from)) add(tone, channel);
    }
  }
  return file;
}

/** One syllable, in seconds from the start of the file. */
interface Tone {
  from: number;
  to: number;
  hertz: number;
}

/** A ringing tone, so that even a call without a word is not silent. */
const ringing: Tone = { from: 0.1, to: 0.4, hertz: 440 };

function tonesOf({ who, text, from, to }: SpokenLine, startMs: number): Tone[] {
  const begin = (from - startMs) / 1000;
  const count = Math.max(1, Math.floor(((to - from) / 1000) * pace));
  return Array.from({ length: count }, (_, index) => ({
    from: begin + index / pace,
    // A short silence between syllables.
    to: begin + (index + 0.8) / pace,
    hertz: pitch[who] + (text.charCodeAt(index % text.length) % 24) * 5,
  }));
}

function sampleOf({ from, to, hertz }: Tone, at: number): number {
  // Fades in and out, so that nothing clicks.
  const swell = Math.sin((Math.PI * (at - from)) / (to - from));
  return Math.round(loudness * Math.max(0, swell) * Math.sin(2 * Math.PI * hertz * at));
}

function writeHead(file: Buffer, channels: number): void {
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * channels * bytesPerSample, 28);
  file.writeUInt16LE(channels * bytesPerSample, 32);
  file.writeUInt16LE(bytesPerSample * 8, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(file.length - headBytes, 40);
}
