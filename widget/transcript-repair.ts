/** Loaded with the call, the only source of what the assistant knows. Pure. */
import type { Line, Piece, Speaker } from './transcript.ts';

/**
 * Corrects the transcript from the conversation as the assistant knows it. That may lag behind, so it corrects and
 * fills in what it covers and never removes what came after.
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
    // We may know more of the last turn; of earlier ones, the conversation is complete.
    const isAhead = index === turns.length - 1 && (known.partial !== '' || said.startsWith(text));
    return isAhead || said === text ? known : { ...known, final: [text], partial: '' };
  });
  const rest = aligned ? lines.slice(turns.length) : lines.filter((line) => line.partial);
  return [...mended, ...rest.map((line, index) => ({ ...line, id: mended.length + index }))];
}
