/** How much may be in memory at once for those who have not proved yet who they are. */
export interface ByteBudget {
  /**
   * @param key whom it is for; each has a share, so that one cannot use up all of it
   * @returns gives the bytes back, once; null when there are not so many left
   */
  take(key: string, bytes: number): (() => void) | null;
}

export function createByteBudget(perKey: number, total: number): ByteBudget {
  const taken = new Map<string, number>();
  let sum = 0;
  return {
    take(key, bytes) {
      const before = taken.get(key) ?? 0;
      if (before + bytes > perKey || sum + bytes > total) return null;
      taken.set(key, before + bytes);
      sum += bytes;
      let given = false;
      return () => {
        if (given) return;
        given = true;
        sum -= bytes;
        const left = (taken.get(key) ?? 0) - bytes;
        if (left > 0) taken.set(key, left);
        else taken.delete(key);
      };
    },
  };
}
