/** The transcript as a value: pieces in, bubbles out. Pure. */

/** `user` is the visitor. */
export type Speaker = 'assistant' | 'user';

/** One bubble: one turn of one speaker. */
export interface Line {
  /** Stable for the life of the bubble. */
  readonly id: number;
  readonly role: Speaker;
  /** The final text, in the pieces in which it arrived. */
  readonly final: readonly string[];
  /** The guess after it; the next piece replaces it. */
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
 * Adds one piece. Pieces have no turn id: a turn stays open until the other side starts to speak or has said something
 * final. A late final piece (recognition lags behind the voice) still goes to the bubble that shows its guess.
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
