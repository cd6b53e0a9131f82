/** @returns the pause after that many attempts: `firstMs`, then doubled each time, up to `mostMs` */
export function growingPauses(firstMs: number, mostMs: number): (attempts: number) => number {
  return (attempts) => Math.min(firstMs * 2 ** (attempts - 1), mostMs);
}
