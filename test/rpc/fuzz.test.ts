import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { CATALOGUE, type ErrorCode } from '../../src/errors.ts';
import { createRealm, register } from '../support/api.ts';
import { PROTOTYPE_KEYS, text } from '../support/hostile.ts';

const RUNS = 300;
const METHODS = ['verify', 'getUser', 'getUserByEmail'];

/** What can be sent over RPC: more than JSON can say. */
const anything = fc.oneof(
  { arbitrary: text, weight: 4 },
  fc.anything({
    withDate: true,
    withMap: true,
    withSet: true,
    withBigInt: true,
    withTypedArray: true,
    maxDepth: 3,
  }),
  fc.constantFrom(undefined, null, Number.NaN, -0, 2 ** 53, new Error('x'), /x/, new ArrayBuffer(8)),
  fc.dictionary(fc.constantFrom(...PROTOTYPE_KEYS, 'token', 'user_id', 'amount', 'reference'), text),
);

const bindingProps = fc.oneof(
  { arbitrary: fc.constant({ scopes: ['admin'] }), weight: 8 },
  fc.constant({ realm: 'other', scopes: ['users:read', 'usage:write', 'credits:write'] }),
  text.map((realm) => ({ realm, scopes: ['admin'] })),
  fc.constantFrom<unknown>({}, { scopes: 'admin' }, { scopes: ['root'] }, { realm: null, scopes: [] }),
);

/** What a call comes to; null when what cannot be cloned never leaves. */
async function call(props: unknown, method: string, args: unknown[]) {
  try {
    return await (exports.Auth({ props: props as never }) as any)[method](...args);
  } catch (error) {
    if ((error as Error).name === 'DataCloneError') return null;
    throw error;
  }
}

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  await createRealm('other');
});

it.each(METHODS)('%s comes to a value, whatever it is given', { timeout: 60_000 }, async (method) => {
  const { user, access_token } = await register();
  const right = fc.constantFrom(user.id, user.email, access_token);
  const codes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      bindingProps,
      fc.array(fc.oneof({ arbitrary: right, weight: 2 }, { arbitrary: anything, weight: 2 }), {
        maxLength: 2,
      }),
      async (props, args) => {
        const outcome = await call(props, method, args);
        if (!outcome) return;
        codes.add(outcome.ok ? 'ok' : outcome.error.code);
        if (outcome.ok) return;
        expect(CATALOGUE[outcome.error.code as ErrorCode]?.status).toBe(outcome.error.status);
        expect(outcome.error.status).toBeLessThan(500);
        expect(JSON.stringify(outcome)).not.toMatch(
          /SQLITE|D1_ERROR|drizzle|TypeError|ZodError|\bat .+:\d+:\d+/,
        );
      },
    ),
    { numRuns: RUNS },
  );
  expect([...codes]).toEqual(expect.arrayContaining(['ok', 'insufficient_scope', 'validation_failed']));
});
