/** Queries that are built and compiled once: with Kysely, both take longer than SQLite takes to run the statement. */
import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Queries } from './database.ts';

/** Stands for a value while the query is built. */
class Place {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * @param build called once for each set of names on each engine: the query may depend on which values there are, never on
 *   what they are
 * @returns runs the query with these values
 */
export function prepared<Values extends object, Row>(
  build: (db: Queries, values: Values) => Compilable<Row>,
): (db: Queries, values: Values) => Promise<QueryResult<Row>> {
  const byEngine = new WeakMap<object, Map<string, CompiledQuery<Row>>>();
  return (db, values) => {
    // A store and its transactions share it.
    const engine = db.getExecutor().adapter;
    const queries = byEngine.get(engine) ?? new Map<string, CompiledQuery<Row>>();
    byEngine.set(engine, queries);
    const names = Object.keys(values);
    const key = names.join();
    let query = queries.get(key);
    if (!query) {
      const places = Object.fromEntries(names.map((name) => [name, new Place(name)]));
      query = build(db, places as unknown as Values).compile();
      queries.set(key, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    );
    return db.executeQuery({ ...query, parameters });
  };
}
