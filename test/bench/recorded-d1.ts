/** One statement as D1 ran it. */
export interface Recorded {
  sql: string;
  /** What D1 says that it took. */
  ms: number;
  rowsRead: number;
}

/** A database that keeps what D1 tells of every statement that goes through it. */
export function recordD1(original: D1Database, into: Recorded[]): D1Database {
  const originals = new WeakMap<object, { statement: D1PreparedStatement; sql: string }>();
  const keep = (sql: string, result: D1Result) => {
    into.push({ sql, ms: result.meta.duration, rowsRead: result.meta.rows_read });
    return result;
  };
  const statement = (sql: string, real: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => statement(sql, real.bind(...values)),
      all: async () => keep(sql, await real.all()),
      run: async () => keep(sql, await real.run()),
      // D1 tells nothing of these: asked again in the form that it does tell of.
      raw: async (options?: { columnNames?: false }) => {
        keep(sql, await real.all());
        return real.raw(options);
      },
      first: async (column?: string) => {
        const { results } = keep(sql, await real.all()) as D1Result<Record<string, unknown>>;
        const [row = null] = results;
        return column === undefined || row === null ? row : (row[column] ?? null);
      },
    } as unknown as D1PreparedStatement;
    originals.set(wrapped, { statement: real, sql });
    return wrapped;
  };
  const database = (real: D1Database | D1DatabaseSession): D1Database =>
    ({
      prepare: (sql: string) => statement(sql, real.prepare(sql)),
      withSession: (from?: string) => database((real as D1Database).withSession(from)),
      getBookmark: () => (real as D1DatabaseSession).getBookmark(),
      batch: async (statements: D1PreparedStatement[]) => {
        const known = statements.map((one) => originals.get(one));
        const results = await real.batch(known.map((one) => one?.statement as D1PreparedStatement));
        return results.map((result, index) => keep(known[index]?.sql ?? '', result));
      },
    }) as unknown as D1Database;
  return database(original);
}
