/** Finds the command that was typed, explains what is wrong with it, and prints the help. */
import { didYouMean, nearest } from './nearest.ts';
import { type Command, type Flags, Misuse } from './request.ts';

type Described = Pick<Command, 'usage' | 'about'>;

interface Fit<Known> {
  command: Known;
  /** How many fixed words were found. */
  fixed: number;
  values: string[];
  missing: string[];
  left: string[];
}

/** @throws Misuse naming what is missing, too much or unknown */
export function findCommand<Known extends Described>(
  commands: Known[],
  words: string[],
  flags: Flags,
): { command: Known; values: string[] } {
  const [best] = commands
    .flatMap((command) => fit(command, words, flags) ?? [])
    .sort((one, other) => other.fixed - one.fixed || one.left.length - other.left.length);
  if (!best || best.left.length > 0) throw new Misuse(unknown(commands, words));
  const { command, values, missing } = best;
  const surplus = Object.keys(flags).filter(
    (name) => name !== 'json' && !new RegExp(`--${name}\\b`).test(command.usage),
  );
  const problems = [
    ...missing.map((what) => `${what} is missing.`),
    ...surplus.map((name) => `This command takes no --${name}.`),
  ];
  if (problems.length > 0)
    throw new Misuse(`${problems.join('\n')}\nUsage: vapi-agent ${command.usage} [--json]`);
  return { command, values };
}

/** @returns null when a fixed word is missing */
function fit<Known extends Described>(command: Known, words: string[], flags: Flags): Fit<Known> | null {
  const found: Fit<Known> = { command, fixed: 0, values: [], missing: [], left: [...words] };
  for (const token of command.usage.match(/\[[^\]]+\]|--[\w-]+ <[^>]+>|<[^>]+>|\S+/g) ?? []) {
    const text = token.replace(/^\[|\]$/g, '');
    const isNeeded = text === token;
    if (text.startsWith('--')) {
      const [name = ''] = /[\w-]+/.exec(text.slice(2)) ?? [];
      if (isNeeded && flags[name as keyof Flags] === undefined) found.missing.push(text);
    } else if (text.startsWith('<')) {
      const value = found.left.splice(0, text.endsWith('…>') ? Infinity : 1).join(' ');
      if (value) found.values.push(value);
      else if (isNeeded) found.missing.push(text);
    } else {
      const choices = text.split('|');
      const [word = ''] = found.left;
      if (!choices.includes(word)) {
        if (isNeeded) return null;
        continue;
      }
      found.left.shift();
      found.fixed += 1;
      if (choices.length > 1) found.values.push(word);
    }
  }
  return found;
}

/** The words of a usage that are typed literally. */
const fixedWords = ({ usage }: Described): string[] =>
  (usage.replaceAll(/\[?--.*|<[^>]+>/g, '').match(/[\w|-]+/g) ?? []).flatMap((word) => word.split('|'));

const headOf = (command: Described): string => fixedWords(command)[0] ?? '';

function unknown(commands: Described[], words: string[]): string {
  const [head = '', ...rest] = words;
  const ofHead = commands.filter((command) => headOf(command) === head);
  if (ofHead.length === 0) {
    const like = nearest(head, [...commands.map(headOf), 'help']);
    return `There is no command “${head}”.${didYouMean(like)}
Usage: vapi-agent <command> [--json]; “vapi-agent help” lists the commands.`;
  }
  const verbs = ofHead.flatMap((command) => fixedWords(command).slice(1));
  const like = rest.map((word) => nearest(word, verbs)).find((verb) => verb !== null);
  const shown = like ? ofHead.filter((command) => fixedWords(command).includes(like)) : ofHead;
  const meant = like && !rest.includes(like) ? like : null;
  return `There is no command “${words.join(' ')}”.${didYouMean(meant)}\n${help(shown)}`;
}

/** @throws Misuse when there is no such command */
export function helpFor(commands: Described[], words: string[]): string {
  const found = commands.filter(
    (command) =>
      headOf(command) === words[0] && words.slice(1).every((word) => fixedWords(command).includes(word)),
  );
  if (found.length === 0) throw new Misuse(unknown(commands, words));
  return help(found);
}

const help = (commands: Described[]): string => `Usage:\n${list(commands, 'vapi-agent ')}`;

export function list(commands: Described[], before = ''): string {
  const column = 40;
  const lines = commands.map(({ usage, about }) => {
    const line = `  ${before}${usage}`;
    return line.length < column ? line.padEnd(column) + about : `${line}\n${' '.repeat(column)}${about}`;
  });
  return lines.join('\n');
}
