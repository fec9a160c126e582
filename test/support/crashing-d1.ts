/** When the next crash is: after so many calls of D1; `isDone` says whether the last one came through before it. */
export interface Fuse {
  left: number;
  isDone: boolean;
}

/** A database that fails at a call, before it or after it has done what was asked: what a process that dies there leaves. */
export function crashingD1(real: D1Database, fuse: Fuse): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>();
  const guarded = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    fuse.left -= 1;
    if (fuse.left !== 0) return call();
    if (fuse.isDone) await call();
    throw new Error('crashed');
  };
  const statement = (original: D1PreparedStatement): D1PreparedStatement => {
    const made = {
      bind: (...values: unknown[]) => statement(original.bind(...values)),
      all: () => guarded(() => original.all()),
      run: () => guarded(() => original.run()),
      first: (column?: string) =>
        guarded(() => (column === undefined ? original.first() : original.first(column))),
      raw: () => guarded(() => original.raw()),
    } as unknown as D1PreparedStatement;
    originals.set(made, original);
    return made;
  };
  const calls = (handle: D1Database | D1DatabaseSession) => ({
    prepare: (sql: string) => statement(handle.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      guarded(() => handle.batch(statements.map((one) => originals.get(one) as D1PreparedStatement))),
  });
  return {
    ...calls(real),
    withSession: (from?: string) => {
      const session = real.withSession(from);
      return { ...calls(session), getBookmark: () => session.getBookmark() };
    },
  } as unknown as D1Database;
}
