import type { Store } from '../../../server/store/database.ts';

/**
 * For `store.withPlugin(…)`: lets the database do the n-th write, then throws as if the process had died. Nothing after
 * it happens; a transaction that it was part of is rolled back, as it would be.
 * @param seen called with every write
 */
export function killAfterWrites(
  kill: number,
  seen: () => void = () => {},
): Parameters<Store['withPlugin']>[0] {
  const writing = new WeakSet<object>();
  let writes = 0;
  let dead = false;
  return {
    transformQuery({ node, queryId }) {
      if (dead) throw new Error('the process is dead');
      if (/^(Insert|Update|Delete)QueryNode$/.test(node.kind)) writing.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (!writing.has(queryId)) return result;
      writes += 1;
      seen();
      if (writes === kill) {
        dead = true;
        throw new Error('killed');
      }
      return result;
    },
  };
}

/** For requests and for the work beside them, as one process has it. */
export function useStore(ctx: { store: Store; backgroundStore: Store }, store: Store): void {
  ctx.store = store;
  ctx.backgroundStore = store;
}
