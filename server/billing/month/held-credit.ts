/**
 * How much of what credit notes have refunded is held against falls in the same calls' prices, so that a call that is
 * credited and then falls is refunded once, and one that rises again is still credited. It depends on what was charged
 * when each note was issued and what is charged now, not on the steps between. Pure; see rules.md, "Credit notes".
 */

/** A credit note's part in one share of a month. */
export interface ShareNote {
  /** Epoch milliseconds at which it was issued. */
  at: number;
  /** Credited; negative where it reverses a correction in the buyer's favour. In the same unit as the charges. */
  amount: number;
}

/** A charge or a correction of it; `at` is null for one on the document being drawn up. */
export interface Charged {
  at: number | null;
  amount: number;
}

export interface Falls {
  /** Counts a call, with all its charges. */
  add(call: Charged[]): void;
  /** Reverts an `add` with the same charges. */
  remove(call: Charged[]): void;
  /** How much of the notes' credit is held against the falls; at most what they credit. */
  held(): number;
}

/** How much calls have fallen by, for those that count for the same notes. */
interface Fall {
  notes: Set<number>;
  left: number;
  /** How much of it each note has taken. */
  taken: Map<number, number>;
}

/** @param notes of one share, in any order */
export function createFalls(notes: ShareNote[]): Falls {
  /** By the notes that were issued while more was charged for the call. */
  const byNotes = new Map<string, number>();
  const count = (call: Charged[], sign: 1 | -1) => {
    const now = total(call);
    const before = notes.map(({ at }) =>
      Math.max(now, total(call.filter((row) => row.at !== null && row.at <= at))),
    );
    let bottom = now;
    for (const level of [...new Set(before)].filter((each) => each > now).sort((a, b) => a - b)) {
      const key = before.flatMap((each, index) => (each >= level ? [index] : [])).join();
      byNotes.set(key, (byNotes.get(key) ?? 0) + sign * (level - bottom));
      bottom = level;
    }
  };
  return {
    add: (call) => count(call, 1),
    remove: (call) => count(call, -1),
    held: () => {
      const falls = [...byNotes].map(
        ([key, left]): Fall => ({ notes: new Set(key.split(',').map(Number)), left, taken: new Map() }),
      );
      const most = Math.max(0, total(notes));
      return Math.min(most, mostHeld(notes, falls));
    },
  };
}

/** Each note takes from the falls open to it; a note that holds one but could take elsewhere moves. */
function mostHeld(notes: ShareNote[], falls: Fall[]): number {
  let held = 0;
  notes.forEach(({ amount }, note) => {
    let wanted = Math.max(0, amount);
    while (wanted > 0) {
      const got = takeFall(falls, note, wanted);
      if (got === 0) return;
      wanted -= got;
      held += got;
    }
  });
  return held;
}

/** By the shortest chain of moves, which bounds their number for any amounts. @returns how much was taken */
function takeFall(falls: Fall[], note: number, wanted: number): number {
  interface Step {
    note: number;
    fall: Fall;
    before: Step | null;
  }
  const seen = new Set<Fall>();
  const steps: Step[] = [];
  const look = (which: number, before: Step | null) => {
    for (const fall of falls) {
      if (!fall.notes.has(which) || seen.has(fall)) continue;
      seen.add(fall);
      steps.push({ note: which, fall, before });
    }
  };
  look(note, null);
  for (const end of steps) {
    if (end.fall.left === 0) {
      for (const [other, amount] of end.fall.taken) if (amount > 0) look(other, end);
      continue;
    }
    let amount = Math.min(wanted, end.fall.left);
    for (let step = end; step.before; step = step.before) {
      amount = Math.min(amount, step.before.fall.taken.get(step.note) ?? 0);
    }
    end.fall.left -= amount;
    for (let step: Step | null = end; step; step = step.before) {
      step.fall.taken.set(step.note, (step.fall.taken.get(step.note) ?? 0) + amount);
      const from = step.before?.fall;
      if (from) from.taken.set(step.note, (from.taken.get(step.note) ?? 0) - amount);
    }
    return amount;
  }
  return 0;
}

function total(rows: { amount: number }[]): number {
  return rows.reduce((sum, { amount }) => sum + amount, 0);
}
