import { env } from 'cloudflare:workers';
import type { Bindings } from '../../src/config/config.ts';
import { type Recorded, recordD1 } from '../bench/recorded-d1.ts';

/** How often work has left its isolate. */
export interface Counted {
  /** Each statement of D1, also of a batch. */
  statements: Recorded[];
  /** Calls of objects, of any kind. */
  objects: number;
}

/** The environment, in which every statement and every call of an object is counted. */
export function countedBindings(more: Record<string, unknown> = {}): {
  bindings: Bindings;
  counted: Counted;
} {
  const counted: Counted = { statements: [], objects: 0 };
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
    DB: recordD1(env.DB, counted.statements),
    ACCOUNT: namespace(env.ACCOUNT),
    RATE_LIMITER: namespace(env.RATE_LIMITER),
    ONE_TIME_CODE: namespace(env.ONE_TIME_CODE),
    ...more,
  };
  return { bindings: bindings as unknown as Bindings, counted };
}
