/** The transcript as a value: pieces in, bubbles out. Pure. */

/** `user` is the visitor. */
export type Speaker = 'assistant' | 'user';

/** One bubble: one turn of one speaker. */
export interface Line {
  /** Stable for the life of the bubble. */
  readonly id: number;
  readonly role: Speaker;
  /** What is certain, in the pieces in which it came. */
  readonly final: readonly string[];
  /** The guess that follows it; the next piece replaces it. */
  readonly partial: string;
  /** Whether this turn may still grow. */
  readonly open: boolean;
}

export interface Piece {
  readonly role: Speaker;
  readonly text: string;
  readonly final: boolean;
}

const other = (role: Speaker): Speaker => (role === 'user' ? 'assistant' : 'user');

/**
 * Adds one piece. Pieces carry no turn id: a turn stays open until the other side has said something final or starts
 * to speak. A final piece that comes late (recognition lags behind the voice) still lands in the bubble that shows
 * its guess.
 */
export function addPiece(lines: readonly Line[], piece: Piece): readonly Line[] {
  const text = piece.text.trim();
  if (!text) return lines;
  const index = lines.map((line) => line.role).lastIndexOf(piece.role);
  const last = lines[index];
  const grows = last !== undefined && (last.open || last.partial !== '');
  const base: Line = grows
    ? last
    : { id: lines.length, role: piece.role, final: [], partial: '', open: true };
  const line: Line = piece.final
    ? { ...base, final: [...base.final, text], partial: '' }
    : { ...base, partial: text };
  const next = grows ? [...lines.slice(0, index), line, ...lines.slice(index + 1)] : [...lines, line];
  return piece.final ? close(next, other(piece.role)) : next;
}

/** `role` starts to speak: the other side's turn is over. */
export const startSpeaking = (lines: readonly Line[], role: Speaker): readonly Line[] =>
  close(lines, other(role));

function close(lines: readonly Line[], role: Speaker): readonly Line[] {
  return lines.some((line) => line.open && line.role === role)
    ? lines.map((line) => (line.open && line.role === role ? { ...line, open: false } : line))
    : lines;
}

/** What one side has said so far, guesses included. */
export const textOf = (line: Line): string => [...line.final, line.partial].filter(Boolean).join(' ');

/**
 * Mends the transcript with the conversation as the assistant knows it. It may lag behind, so it corrects and fills
 * in what it covers and never takes away what came after.
 */
export function repair(lines: readonly Line[], conversation: readonly Piece[]): readonly Line[] {
  const turns: { role: Speaker; text: string }[] = [];
  for (const { role, text } of conversation) {
    const words = text.trim();
    const last = turns.at(-1);
    if (!words) continue;
    if (last?.role === role) last.text += ` ${words}`;
    else turns.push({ role, text: words });
  }
  const aligned = turns.every((turn, index) => !lines[index] || lines[index].role === turn.role);
  const mended = turns.map(({ role, text }, index): Line => {
    const known = aligned ? lines[index] : undefined;
    if (!known) return { id: index, role, final: [text], partial: '', open: false };
    const said = known.final.join(' ');
    // Of the last turn we may know more; of those before it, the conversation knows all.
    const isAhead = index === turns.length - 1 && (known.partial !== '' || said.startsWith(text));
    return isAhead || said === text ? known : { ...known, final: [text], partial: '' };
  });
  const rest = aligned ? lines.slice(turns.length) : lines.filter((line) => line.partial);
  return [...mended, ...rest.map((line, index) => ({ ...line, id: mended.length + index }))];
}
