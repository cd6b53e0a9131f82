/**
 * A voice-like sound for a text: one buzz per syllable through three formants, a breath of noise for consonants.
 * No word can be understood; it only has to be audible, measurable and in step with the transcript.
 *
 * Plain JavaScript: these files are served to the page as they are.
 */

/** The first three formants in hertz; the letter of a syllable's vowel chooses. */
const formants = {
  a: [730, 1090, 2440],
  e: [530, 1840, 2480],
  i: [300, 2200, 3000],
  o: [570, 840, 2410],
  u: [340, 900, 2240],
  y: [310, 2100, 2800],
};
const formantGains = [1, 0.5, 0.2];
/** Hertz: where the voice falls to at the end of a sentence, and how far above it begins. */
const pitch = { low: 165, range: 55 };
const loudness = 0.9;

/**
 * Cuts a text into syllables and pauses, each with its share of the whole length.
 * @param {string} text
 * @returns {{ vowel: string, noisy: boolean, weight: number, endsSentence: boolean }[]}
 */
export function syllablesOf(text) {
  const parts = [];
  for (const word of text.toLowerCase().split(/\s+/)) {
    for (const [syllable] of word.matchAll(/[^aeiouy]*[aeiouy]+(?:[^aeiouy]+$)?/g))
      parts.push({
        vowel: /[aeiouy]/.exec(syllable)?.[0] ?? 'a',
        noisy: /[sztkfxc]/.test(syllable),
        weight: 1 + 0.15 * Math.max(0, syllable.length - 2),
        endsSentence: false,
      });
    if (/[.!?,;:]$/.test(word))
      parts.push({ vowel: '', noisy: false, weight: 1, endsSentence: /[.!?]$/.test(word) });
  }
  return parts;
}

/** A mouth: a buzz and a noise that run for the whole call, silent between syllables. */
export class Voice {
  /**
   * @param {AudioContext} context
   * @param {AudioNode} output
   */
  constructor(context, output) {
    this.context = context;
    this.buzz = new OscillatorNode(context, { type: 'sawtooth', frequency: pitch.low });
    this.buzzGain = new GainNode(context, { gain: 0 });
    this.filters = formants.a.map(
      (frequency) => new BiquadFilterNode(context, { type: 'bandpass', frequency, Q: 8 }),
    );
    this.buzz.connect(this.buzzGain);
    for (const [index, filter] of this.filters.entries())
      this.buzzGain
        .connect(filter)
        .connect(new GainNode(context, { gain: formantGains[index] }))
        .connect(output);

    const samples = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
    const channel = samples.getChannelData(0);
    for (let i = 0; i < channel.length; i += 1) channel[i] = Math.random() * 2 - 1;
    this.noise = new AudioBufferSourceNode(context, { buffer: samples, loop: true });
    this.noiseGain = new GainNode(context, { gain: 0 });
    const hiss = new BiquadFilterNode(context, { type: 'highpass', frequency: 3500 });
    this.noise.connect(hiss).connect(this.noiseGain).connect(output);

    this.buzz.start();
    this.noise.start();
  }

  /**
   * Says the text from now on, within `seconds`.
   * @param {string} text
   * @param {number} seconds
   */
  speak(text, seconds) {
    this.hush();
    const syllables = syllablesOf(text);
    const whole = syllables.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.context.currentTime + 0.02;
    let spoken = 0;
    for (const syllable of syllables) {
      const length = (seconds * syllable.weight) / whole;
      if (syllable.vowel !== '') this.#syllable(syllable, at, length, spoken);
      spoken = syllable.endsSentence ? 0 : spoken + 1;
      at += length;
    }
  }

  /** Falls silent at once. */
  hush() {
    const now = this.context.currentTime;
    for (const { gain } of [this.buzzGain, this.noiseGain]) {
      gain.cancelScheduledValues(now);
      gain.setTargetAtTime(0, now, 0.01);
    }
    for (const { frequency } of [this.buzz, ...this.filters]) frequency.cancelScheduledValues(now);
  }

  /** One syllable: consonant, vowel with a small glide of the pitch, fade. */
  #syllable({ vowel, noisy }, at, length, place) {
    const open = at + (noisy ? length * 0.25 : 0.01);
    const close = at + length * 0.85;
    if (noisy) {
      this.noiseGain.gain.setTargetAtTime(0.12, at, 0.01);
      this.noiseGain.gain.setTargetAtTime(0, open, 0.02);
    }
    const tone = pitch.low + pitch.range * Math.exp(-place / 6) + (place % 3) * 6;
    this.buzz.frequency.setTargetAtTime(tone, open, 0.03);
    this.buzz.frequency.setTargetAtTime(tone * 0.94, (open + close) / 2, 0.05);
    for (const [index, filter] of this.filters.entries())
      filter.frequency.setTargetAtTime((formants[vowel] ?? formants.a)[index], open, 0.025);
    this.buzzGain.gain.setTargetAtTime(loudness, open, 0.02);
    this.buzzGain.gain.setTargetAtTime(0, close, 0.03);
  }
}
