import { env } from 'cloudflare:workers';

/** What such a machine throws, also as the cause of an error of Drizzle's. */
const STOPPED = 'the machine stopped';

/** The environment of a machine that stops as soon as it has run a batch or statement with that SQL in it. */
export const stoppingAfter = (sql: string) => stopping(sql, true);

/** The environment of a machine that stops before it runs any with that SQL in it. */
export const stoppingBefore = (sql: string) => stopping(sql, false);

function stopping(sql: string, runs: boolean) {
  let isOver = false;
  const has = (query: string) => query.toLowerCase().includes(sql.toLowerCase());
  /** Runs what holds one of these queries, and stops if it is time to. */
  const run = async <T>(queries: string[], work: () => Promise<T>): Promise<T> => {
    const isLast = queries.some(has);
    isOver ||= isLast && !runs;
    if (isOver) throw new Error(STOPPED);
    const result = await work();
    isOver ||= isLast;
    if (isOver) throw new Error(STOPPED);
    return result;
  };
  /** What a statement asks, and which one stands behind a wrapped one. */
  const queryOf = new WeakMap<object, string>();
  const realOf = new WeakMap<object, D1PreparedStatement>();
  const statement = (real: D1PreparedStatement, query: string): D1PreparedStatement => {
    queryOf.set(real, query);
    const wrapped = new Proxy(real, {
      get(target, name) {
        if (name === 'bind')
          return (...values: unknown[]) => statement(Reflect.apply(target.bind, target, values), query);
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...values: unknown[]) => run([query], async () => Reflect.apply(value, target, values));
      },
    });
    realOf.set(wrapped, real);
    return wrapped;
  };
  const session = (real: D1DatabaseSession) =>
    new Proxy(real, {
      get(target, name) {
        if (name === 'prepare') return (query: string) => statement(target.prepare(query), query);
        if (name === 'batch') {
          return (statements: D1PreparedStatement[]) => {
            const reals = statements.map((one) => realOf.get(one) ?? one);
            const queries = reals.map((one) => queryOf.get(one) ?? '');
            return run(queries, () => target.batch(reals));
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'withSession') return (at?: string) => session(target.withSession(at));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...env, DB };
}
