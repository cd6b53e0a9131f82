/** What is said in a call: scripted lines and how long they take. Pure; nothing is understood here. */
import type { Spoken } from './cost.ts';
import type { ScriptLine } from './types.ts';

const say = (text: string): ScriptLine => ({ who: 'assistant', text });
const hear = (text: string): ScriptLine => ({ who: 'visitor', text });

const dialogues: ScriptLine[][] = [
  [
    hear('Hi, when are you open on Saturday?'),
    say('On Saturday we are open from nine until one. Would you like to come by?'),
    hear('Yes, do you have anything around ten?'),
    say('Ten fifteen is free. May I put you down for that?'),
    hear('That would be great, thank you.'),
    say('You are booked for Saturday at ten fifteen. You will get a reminder on Friday.'),
  ],
  [
    hear('Hello, I would like to know what a check-up costs.'),
    say('A check-up is forty five pounds, and that includes the report. It takes about half an hour.'),
    hear('And can I pay by card?'),
    say('Yes, by card or by bank transfer, whichever suits you.'),
    hear('Good. I will call back next week to book.'),
    say('We would be glad to see you. Mornings are usually quieter.'),
  ],
  [
    hear('Hi, my order has not arrived yet.'),
    say('I am sorry about that. Orders from Monday left our shop yesterday.'),
    hear('So when should it be here?'),
    say('It should reach you tomorrow before noon. You will get a message with the hour.'),
    hear('Perfect, that works for me.'),
    say('Then I wish you a pleasant day.'),
  ],
];

const smallTalk: ScriptLine[] = [
  say('Is there anything else I can help you with?'),
  hear('Let me think for a moment.'),
  say('Take your time, I am here.'),
  hear('Do you also answer questions by email?'),
  say('Yes, you can write to us at any time and we answer within a day.'),
];

/** The lines after the first message; the same assistant always gets the same ones. */
export function scriptOf(assistantKey: string, script?: ScriptLine[]): ScriptLine[] {
  if (script !== undefined) return script;
  let hash = 0;
  for (const character of assistantKey) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return dialogues[hash % dialogues.length] ?? [];
}

/** The whole script; when `endless`, small talk follows it for ever. */
export function* linesOf(first: ScriptLine[], script: ScriptLine[], endless: boolean): Generator<ScriptLine> {
  yield* first;
  yield* script;
  while (endless) yield* smallTalk;
}

/** Seconds that a line takes to say. */
export const spokenSeconds = (text: string): number => 0.3 + text.length * 0.055;

/** Seconds of silence before a line. */
export const pauseBefore = (line: ScriptLine): number => (line.who === 'assistant' ? 0.5 : 0.9);

/** The text cut after each sentence. */
export const sentencesOf = (text: string): string[] =>
  text.match(/[^.!?]+[.!?]*\s*/g)?.map((s) => s.trim()) ?? [];

/** What the assistant says to a typed message or a chat. */
export function answerTo(text: string): string {
  const asked = text.trim().replace(/\s+/g, ' ').slice(0, 80);
  if (/\b(hi|hello|hey)\b/i.test(asked)) return 'Hello! What can I do for you?';
  if (/\b(open|hours|when)\b/i.test(asked))
    return 'We are open from nine to six on weekdays, and until one on Saturday.';
  if (/\b(price|cost|much|pay)\b/i.test(asked))
    return 'A first visit is forty five pounds. You can pay by card.';
  if (/\b(thanks|thank|bye)\b/i.test(asked)) return 'You are welcome. Have a good day!';
  return `You wrote: ${asked}. A colleague will look into it and get back to you.`;
}

/** `{{name}}` replaced from the variable values; an unknown name becomes empty, as LiquidJS does. */
export const fillIn = (text: string, values: Record<string, unknown>): string =>
  text.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_all, name: string) => String(values[name] ?? ''));

/** One finished line with its place in the call, in seconds from the start. */
export interface TimedLine extends ScriptLine {
  from: number;
  to: number;
}

/** The lines that fit into a call of this many seconds: how a call without a browser is filled. */
export function timelineOf(lines: Iterable<ScriptLine>, seconds: number): TimedLine[] {
  const timeline: TimedLine[] = [];
  let at = 0.7;
  for (const line of lines) {
    const from = at + pauseBefore(line);
    const to = from + spokenSeconds(line.text);
    if (to > seconds) break;
    timeline.push({ ...line, from, to });
    at = to;
  }
  return timeline;
}

/** Tokens and characters of what was said: each answer sends the whole conversation so far to the model. */
export function spokenIn(lines: ScriptLine[], systemPrompt: string): Spoken {
  const tokens = (text: string) => Math.ceil(text.length / 4);
  let context = tokens(systemPrompt);
  const spoken: Spoken = { promptTokens: 0, completionTokens: 0, characters: 0 };
  for (const [index, line] of lines.entries()) {
    if (line.who === 'assistant') {
      spoken.characters += line.text.length;
      if (index > 0) {
        spoken.promptTokens += context;
        spoken.completionTokens += tokens(line.text);
      }
    }
    context += tokens(line.text);
  }
  return spoken;
}
