import { env } from 'cloudflare:workers';
import { onTestFinished } from 'vitest';

/** How D1 is away: it refuses every call, or answers none. */
export type Away = 'failing' | 'hanging';

/** Takes D1 away from all that runs here, requests and objects, until it is given back, or the test is over. */
export function takeD1Away(how: Away): () => void {
  const session = env.DB.withSession();
  const statement = env.DB.prepare('SELECT 1');
  const replaced: [object, string, unknown][] = [];
  const instead =
    how === 'failing'
      ? () => Promise.reject(new Error('D1_ERROR: Network connection lost.'))
      : () => new Promise(() => {});
  for (const [of, names] of [
    [statement, ['all', 'run', 'first', 'raw']],
    [session, ['batch']],
    [env.DB, ['batch']],
  ] as [object, string[]][]) {
    const prototype = prototypeWith(of, names[0] as string);
    for (const name of names) {
      replaced.push([prototype, name, Reflect.get(prototype, name)]);
      Reflect.set(prototype, name, instead);
    }
  }
  const giveBack = () => {
    for (const [prototype, name, real] of replaced.splice(0).toReversed()) Reflect.set(prototype, name, real);
  };
  onTestFinished(giveBack);
  return giveBack;
}

function prototypeWith(of: object, name: string): object {
  let prototype = Object.getPrototypeOf(of);
  while (!Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}
