/** @returns the pause after so many attempts: `firstMs`, then twice as long each time, up to `mostMs` */
export function growingPauses(firstMs: number, mostMs: number): (attempts: number) => number {
  return (attempts) => Math.min(firstMs * 2 ** (attempts - 1), mostMs);
}
