/** Shares out a worker's places, so that servers that hang or fail do not delay other tenants' messages. Pure. */

export interface DeliveryPlaces {
  isFull(): boolean;
  /** Tenants that get no more places now. */
  closedTo(): string[];
  take(tenantId: string): void;
  /** @param worked whether its server took the message; null when that is not known */
  give(tenantId: string, worked: boolean | null): void;
}

/**
 * A tenant gets only one place while its last message has failed; all failing tenants together get at most half.
 * @param each how many places one tenant gets at most
 */
export function createDeliveryPlaces(total: number, each = Math.floor(total / 2)): DeliveryPlaces {
  const half = Math.floor(total / 2);
  const taken = new Map<string, number>();
  const failing = new Set<string>();
  const sum = (tenants: Iterable<string>) => {
    let places = 0;
    for (const tenant of tenants) places += taken.get(tenant) ?? 0;
    return places;
  };
  return {
    isFull: () => sum(taken.keys()) >= total,
    closedTo() {
      if (sum(failing) >= half) return [...new Set([...failing, ...busy(each)])];
      return [...busy(each), ...busy(1).filter((tenant) => failing.has(tenant))];
    },
    take(tenantId) {
      taken.set(tenantId, (taken.get(tenantId) ?? 0) + 1);
    },
    give(tenantId, worked) {
      const left = (taken.get(tenantId) ?? 0) - 1;
      if (left > 0) taken.set(tenantId, left);
      else taken.delete(tenantId);
      if (worked === true) failing.delete(tenantId);
      if (worked === false) failing.add(tenantId);
    },
  };

  function busy(places: number): string[] {
    return [...taken].filter(([, count]) => count >= places).map(([tenant]) => tenant);
  }
}
