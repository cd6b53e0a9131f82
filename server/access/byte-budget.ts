/** How much of what others send may be in memory at once, in shares, so that no sender can use all of it. */
export interface ByteBudget {
  /**
   * @param key the recipient
   * @param network the sender's
   */
  open(key: string, network: string): ByteAccount;
}

/** What one body has taken. */
export interface ByteAccount {
  /** @returns false, taking nothing, when fewer bytes are left */
  take(bytes: number): boolean;
  /** Returns everything that was taken, once; nothing can be taken afterwards. */
  close(): void;
}

/** Bytes. An omitted share is bounded by the others alone. */
export interface ByteShares {
  total: number;
  /** Of one sender's network, across all recipients. */
  perNetwork?: number;
  perKey: number;
  /** Of one sender's network within a key's share. */
  perKeyAndNetwork?: number;
}

export function createByteBudget(shares: ByteShares): ByteBudget {
  const { total, perKey, perNetwork = total, perKeyAndNetwork = perKey } = shares;
  const taken = new Map<string, number>();
  const add = (share: string, bytes: number) => {
    const sum = (taken.get(share) ?? 0) + bytes;
    if (sum > 0) taken.set(share, sum);
    else taken.delete(share);
  };
  return {
    open(key, network) {
      const limits = new Map([
        ['total', total],
        [`from ${network}`, perNetwork],
        [`to ${key}`, perKey],
        [`from ${network} to ${key}`, perKeyAndNetwork],
      ]);
      let own = 0;
      let closed = false;
      return {
        take(bytes) {
          if (closed) return false;
          for (const [share, limit] of limits) if ((taken.get(share) ?? 0) + bytes > limit) return false;
          for (const share of limits.keys()) add(share, bytes);
          own += bytes;
          return true;
        },
        close() {
          closed = true;
          for (const share of limits.keys()) add(share, -own);
          own = 0;
        },
      };
    },
  };
}
