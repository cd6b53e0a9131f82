/** Plays a live call's conversation: timed scripted lines, typed messages and `say` in between. */
import { randomUUID } from 'node:crypto';
import { messagesOf, openAiMessages } from './call.ts';
import { answerTo, fillIn, linesOf, pauseBefore, scriptOf, sentencesOf, spokenSeconds } from './dialogue.ts';
import { tell } from './messages.ts';
import { sendToRoom } from './rooms.ts';
import { scenarios } from './scenarios.ts';
import type { ScriptLine } from './types.ts';
import type { Call, World } from './world.ts';

/** Milliseconds since the epoch by the call's own clock, which runs `speed` times as fast. */
export const callTime = (world: World, call: Call): number =>
  call.startedAt === undefined
    ? world.now()
    : Math.round(call.startedAt + (world.now() - call.startedAt) * world.speed);

/** Everything that this call will say, with the variable values filled in. */
export function linesOfCall(call: Call): Generator<ScriptLine> {
  const values = (call.overrides.variableValues ?? {}) as Record<string, unknown>;
  const first = fillIn(String(call.assistant.firstMessage ?? 'Hello! How can I help you today?'), values);
  const waits = call.assistant.firstMessageMode === 'assistant-waits-for-user';
  return linesOf(
    waits ? [] : [{ who: 'assistant', text: first }],
    scriptOf(call.assistantId ?? call.id, call.script),
    scenarios[call.scenario].hangsUp !== true,
  );
}

interface Urgent {
  text: string;
  endAfter: boolean;
}

export class Conversation {
  readonly #world: World;
  readonly #call: Call;
  /** The assistant hangs up, for this reason. */
  readonly #onOver: (reason: string) => void;
  readonly #lines: Generator<ScriptLine>;
  #next: ScriptLine | undefined;
  #urgent: Urgent[] = [];
  #turn = 0;
  #started = false;
  #stopped = false;
  #speaking = false;
  #assistantMuted = false;
  #visitorSilent = false;
  #wake: (() => void) | undefined;

  constructor(world: World, call: Call, onOver: (reason: string) => void) {
    this.#world = world;
    this.#call = call;
    this.#onOver = onOver;
    this.#lines = linesOfCall(call);
  }

  /** Begins the conversation; a second call does nothing (the visitor came back). */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** `say`: spoken after the present line, or at once when it may interrupt. */
  say(text: string, { endAfter = false, interrupt = false } = {}): void {
    this.#urgent.push({ text, endAfter });
    this.#rouse(interrupt);
  }

  /** A typed message joins the conversation; by default the assistant answers it. */
  addMessage(role: string, content: string, answer: boolean): void {
    if (role === 'user') this.#record({ who: 'visitor', text: content }, callTime(this.#world, this.#call));
    this.#tellConversation();
    if (!answer) return;
    this.#urgent.push({ text: role === 'system' ? 'All right.' : answerTo(content), endAfter: false });
    this.#rouse(true);
  }

  muteAssistant(muted: boolean): void {
    this.#assistantMuted = muted;
    if (muted) sendToRoom(this.#call, { kind: 'hush' });
  }

  /** A muted or absent visitor says none of its lines; they wait. */
  silenceVisitor(silent: boolean): void {
    this.#visitorSilent = silent;
    if (!silent) this.#rouse(false);
  }

  #rouse(interrupt: boolean): void {
    if (interrupt || !this.#speaking) this.#wake?.();
  }

  /** True when something interrupted it. */
  #sleep(seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (cut: boolean) => {
        cancel();
        this.#wake = undefined;
        resolve(cut);
      };
      const cancel = this.#world.timers.after((seconds * 1000) / this.#world.speed, () => finish(false));
      this.#wake = () => finish(true);
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const urgent = this.#urgent.shift();
      if (urgent !== undefined) {
        await this.#speak(urgent.text);
        if (urgent.endAfter && !this.#stopped)
          return this.#onOver('assistant-ended-call-after-message-spoken');
        continue;
      }
      this.#next ??= this.#lines.next().value ?? undefined;
      const line = this.#next;
      if (line === undefined) return this.#onOver('assistant-ended-call');
      if (await this.#sleep(pauseBefore(line))) continue;
      if (line.who === 'visitor' && this.#visitorSilent) continue;
      this.#next = undefined;
      await (line.who === 'assistant' ? this.#speak(line.text) : this.#hear(line.text));
      if (line.calls) this.#callFunction(line.calls);
    }
  }

  /** A tool without a server: it is called in the browser, and nothing waits for a result. */
  #callFunction({ name, arguments: values }: NonNullable<ScriptLine['calls']>): void {
    const tools = (this.#call.overrides['tools:append'] ?? []) as { function?: { name?: string } }[];
    const tool = tools.find((one) => one.function?.name === name);
    if (!tool) return;
    const toolCall = {
      id: `call_${randomUUID()}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(values) },
    };
    const toolWithToolCallList = [{ ...tool, toolCall }];
    this.#tell({ type: 'tool-calls', toolCallList: [toolCall], toolWithToolCallList });
  }

  async #speak(text: string): Promise<void> {
    const seconds = spokenSeconds(text);
    if (this.#assistantMuted) {
      await this.#sleep(seconds);
      return;
    }
    sendToRoom(this.#call, { kind: 'speak', text, seconds: seconds / this.#world.speed });
    this.#speaking = true;
    const said = await this.#utter('assistant', text, seconds);
    this.#speaking = false;
    if (said === text || this.#stopped) return;
    sendToRoom(this.#call, { kind: 'hush' });
    this.#tell({ type: 'user-interrupted' });
  }

  async #hear(text: string): Promise<void> {
    await this.#utter('user', text, spokenSeconds(text));
  }

  /** Says a text sentence by sentence, with its messages; returns how much of it was said. */
  async #utter(role: 'assistant' | 'user', text: string, seconds: number): Promise<string> {
    const from = callTime(this.#world, this.#call);
    const turn = this.#turn++;
    this.#tell({ type: 'speech-update', status: 'started', role, turn });
    const said: string[] = [];
    let cut = false;
    for (const sentence of sentencesOf(text)) {
      const share = (seconds * sentence.length) / text.length;
      const words = sentence.split(' ');
      const transcript = (transcriptType: string, part: string) =>
        this.#tell({ type: 'transcript', role, transcriptType, transcript: part });
      for (const part of [0.4, 0.75]) {
        cut = await this.#sleep(share * 0.375);
        if (cut) break;
        transcript('partial', words.slice(0, Math.max(1, Math.round(words.length * part))).join(' '));
      }
      if (cut || (await this.#sleep(share * 0.25))) break;
      if (role === 'assistant') this.#tell({ type: 'model-output', output: `${sentence} ` });
      transcript('final', sentence);
      said.push(sentence);
    }
    if (this.#stopped) return said.join(' ');
    if (said.length > 0)
      this.#record({ who: role === 'user' ? 'visitor' : 'assistant', text: said.join(' ') }, from);
    this.#tell({ type: 'speech-update', status: 'stopped', role, turn });
    this.#tellConversation();
    return said.length === sentencesOf(text).length ? text : said.join(' ');
  }

  #record(line: ScriptLine, from: number): void {
    this.#call.lines.push({ ...line, from, to: callTime(this.#world, this.#call) });
  }

  #tellConversation(): void {
    this.#tell({
      type: 'conversation-update',
      messages: messagesOf(this.#call),
      messagesOpenAIFormatted: openAiMessages(this.#call),
    });
  }

  #tell(message: Record<string, unknown>): void {
    if (!this.#stopped) tell(this.#world, this.#call, message);
  }
}
