/** An instant (epoch milliseconds) in the format of answers. */
export function iso<Ms extends number | null>(ms: Ms): string | Extract<Ms, null> {
  return (ms === null ? null : new Date(ms).toISOString()) as string | Extract<Ms, null>;
}
