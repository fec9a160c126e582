import { env } from 'cloudflare:workers';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';

/** How often a request left its isolate. */
export interface Counts {
  d1Reads: number;
  d1Writes: number;
  account: number;
  rateLimiter: number;
}

/** Mails are sent after the answer. */
const isOfMails = (sql: string) => /^\s*update "outbox"/i.test(sql);

/** The app over bindings that count; each call counts when it is made. */
export function countingApp() {
  const counts: Counts = { d1Reads: 0, d1Writes: 0, account: 0, rateLimiter: 0 };
  const originals = new WeakMap<object, object>();
  const texts = new WeakMap<object, string>();

  const statement = (sql: string, original: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(original, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'bind') return statement(sql, value.apply(target, args));
          if (isOfMails(sql)) return value.apply(target, args);
          if (/^\s*(SELECT|WITH)\b/i.test(sql)) counts.d1Reads += 1;
          else counts.d1Writes += 1;
          return value.apply(target, args);
        };
      },
    });
    originals.set(proxy, original);
    texts.set(proxy, sql);
    return proxy;
  };
  const database = (original: D1Database | D1DatabaseSession): any =>
    new Proxy(original, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name === 'prepare') return (sql: string) => statement(sql, target.prepare(sql));
        if (name === 'withSession')
          return (from: string) => database((target as D1Database).withSession(from));
        if (name === 'batch') {
          return (statements: D1PreparedStatement[]) => {
            if (!isOfMails(texts.get(statements[0] as object) ?? '')) counts.d1Writes += 1;
            return target.batch(statements.map((one) => (originals.get(one) ?? one) as D1PreparedStatement));
          };
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const namespace = (original: any, counter: 'account' | 'rateLimiter'): any => ({
    idFromName: (name: string) => original.idFromName(name),
    get: (id: DurableObjectId) =>
      new Proxy(original.get(id), {
        get:
          (target, method) =>
          (...args: unknown[]) => {
            counts[counter] += 1;
            return target[method](...args);
          },
      }),
  });

  const bindings = {
    ...env,
    // While a registration waits for another service, alarms come between what is counted.
    BREACHED_PASSWORDS_URL: undefined,
    DB: database(env.DB),
    ACCOUNT: namespace(env.ACCOUNT, 'account'),
    RATE_LIMITER: namespace(env.RATE_LIMITER, 'rateLimiter'),
  } as unknown as Bindings;
  const app = createApp(createServices(bindings), bindings);
  return {
    counts,
    request: (path: string, init: RequestInit) => app.request(`https://auth.test${path}`, init, bindings),
    /** Gives what has been counted, and starts anew. */
    take(): Counts {
      const taken = { ...counts };
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] = 0;
      return taken;
    },
  };
}
