import { env } from 'cloudflare:workers';
import type { Bindings } from '../../src/config/config.ts';

/** How often work has left its isolate. */
export interface Counted {
  /** Each statement of D1, also of a batch. */
  statements: number;
  /** Calls of objects, of any kind. */
  objects: number;
}

/** The environment, in which every statement and every call of an object is counted. */
export function countedBindings(more: Record<string, unknown> = {}): {
  bindings: Bindings;
  counted: Counted;
} {
  const counted: Counted = { statements: 0, objects: 0 };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const statement = (original: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = new Proxy(original, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name === 'bind') return (...values: unknown[]) => statement(target.bind(...values));
        return (...args: unknown[]) => {
          counted.statements += 1;
          return value.apply(target, args);
        };
      },
    });
    originals.set(wrapped, original);
    return wrapped;
  };
  const database = (original: D1Database | D1DatabaseSession): D1Database =>
    new Proxy(original as D1Database, {
      get(target, name) {
        if (name === 'prepare') return (sql: string) => statement(target.prepare(sql));
        if (name === 'withSession') return (from?: string) => database(target.withSession(from));
        if (name === 'batch') {
          return (statements: D1PreparedStatement[]) => {
            counted.statements += statements.length;
            return target.batch(statements.map((one) => originals.get(one) ?? one));
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const namespace = (original: DurableObjectNamespace) => ({
    idFromName: (name: string) => original.idFromName(name),
    get: (id: DurableObjectId) =>
      new Proxy(original.get(id) as object, {
        get: (stub, method) => {
          if (typeof method === 'symbol') return Reflect.get(stub, method);
          return (...args: unknown[]) => {
            counted.objects += 1;
            return (stub as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
          };
        },
      }),
  });
  const bindings = {
    ...env,
    DB: database(env.DB),
    ACCOUNT: namespace(env.ACCOUNT),
    ORGANIZATION: namespace(env.ORGANIZATION),
    RATE_LIMITER: namespace(env.RATE_LIMITER),
    ONE_TIME_CODE: namespace(env.ONE_TIME_CODE),
    DEVICE_CODE: namespace(env.DEVICE_CODE),
    STANDBY: namespace(env.STANDBY),
    ...more,
  };
  return { bindings: bindings as unknown as Bindings, counted };
}
