import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { CATALOGUE, type ErrorCode } from '../../src/errors.ts';
import { createRealm, register } from '../support/api.ts';
import { PROTOTYPE_KEYS, text } from '../support/hostile.ts';

const RUNS = 300;

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

/** Right values of a user, by the name of a field. */
interface Right {
  token: string;
  user_id: string;
  email: string;
}

/** What each method takes when it is right; of a body, the fields that it cannot do without. */
const METHODS: Record<string, (right: Right) => string | [needed: object, more: object]> = {
  verify: ({ token }) => token,
  getUser: ({ user_id }) => user_id,
  getUserByEmail: ({ email }) => email,
  authorize: ({ token }) => [
    { token },
    { resource: 'images', quantity: 1, credits: 1, reference: 'authorize' },
  ],
  consume: ({ user_id }) => [
    { user_id, resource: 'tokens' },
    { quantity: 1, reference: 'consume' },
  ],
  'usage.reserve': ({ user_id }) => [
    { user_id, resource: 'tokens', reference: 'hold' },
    { quantity: 2, expires_in: 60 },
  ],
  'usage.commit': ({ user_id }) => [{ user_id, reference: 'held' }, { quantity: 1 }],
  'usage.release': ({ user_id }) => [{ user_id, reference: 'held' }, {}],
  'credits.balance': ({ user_id }) => [{ user_id }, {}],
  'credits.add': ({ user_id }) => [
    { user_id, amount: 5, reference: 'add' },
    { type: 'purchase', description: 'x', expires_at: '2999-01-01T00:00:00Z' },
  ],
  'credits.use': ({ user_id }) => [{ user_id, amount: 1, reference: 'use' }, { description: 'x' }],
  'credits.refund': ({ user_id }) => [{ user_id, refund_of: 'first', reference: 'refund' }, { amount: 1 }],
  'credits.transactions': ({ user_id }) => [{ user_id }, { limit: 3, cursor: '2' }],
};

/** The names by which the same is called between two `wrangler dev`. */
const FLAT = {
  reserveUsage: 'usage.reserve',
  commitUsage: 'usage.commit',
  releaseUsage: 'usage.release',
  creditBalance: 'credits.balance',
  addCredits: 'credits.add',
  useCredits: 'credits.use',
  refundCredits: 'credits.refund',
  creditTransactions: 'credits.transactions',
};
for (const [flat, dotted] of Object.entries(FLAT))
  METHODS[flat] = METHODS[dotted] as (typeof METHODS)[string];

/** The right argument, or one with fields that are absent, wrong, or unknown. */
function argument(right: string | [object, object]): fc.Arbitrary<unknown> {
  if (typeof right === 'string') return fc.constant(right);
  const [needed, more] = right;
  const each = Object.entries({ ...needed, ...more }).map(([name, value]) =>
    fc
      .oneof({ arbitrary: fc.constant(value), weight: 12 }, { arbitrary: anything, weight: 1 })
      .map((given) => [name, given] as const),
  );
  const nearly = fc.tuple(...each).map((fields) => Object.fromEntries(fields));
  const unknown = fc.tuple(nearly, text).map(([body, name]) => ({ ...body, [name]: name }));
  return fc.oneof({ arbitrary: fc.constantFrom(needed, { ...needed, ...more }), weight: 3 }, nearly, unknown);
}

/** What a call comes to; null when what cannot be cloned never leaves. */
async function call(props: unknown, method: string, args: unknown[]) {
  let target: any = exports.Auth({ props: props as never });
  // Without `await` the test runner, which stands between, would take it for a method.
  for (const name of method.split('.').slice(0, -1)) target = await target[name];
  try {
    return await target[method.split('.').at(-1) as string](...args);
  } catch (error) {
    if ((error as Error).name === 'DataCloneError') return null;
    throw error;
  }
}

const ALL = { scopes: ['admin'] };

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  await createRealm('other');
});

it.each(Object.keys(METHODS))('%s comes to a value, whatever it is given', async (method) => {
  const { user, access_token: token } = await register();
  await call(ALL, 'credits.add', [{ user_id: user.id, amount: 100_000, reference: 'start' }]);
  await call(ALL, 'credits.use', [{ user_id: user.id, amount: 1000, reference: 'first' }]);
  await call(ALL, 'usage.reserve', [
    { user_id: user.id, resource: 'tokens', quantity: 2, reference: 'held' },
  ]);
  const right = METHODS[method]?.({ token, user_id: user.id, email: user.email }) as string;
  const given = fc.oneof({ arbitrary: argument(right), weight: 3 }, { arbitrary: anything, weight: 1 });
  const codes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(bindingProps, fc.array(given, { maxLength: 2 }), async (props, args) => {
      const outcome = await call(props, method, args);
      if (!outcome) return;
      codes.add(outcome.ok ? 'ok' : outcome.error.code);
      if (outcome.ok) return;
      expect(CATALOGUE[outcome.error.code as ErrorCode]?.status).toBe(outcome.error.status);
      expect(outcome.error.status, JSON.stringify(outcome)).toBeLessThan(500);
      expect(JSON.stringify(outcome)).not.toMatch(
        /SQLITE|D1_ERROR|drizzle|TypeError|ZodError|\bat .+:\d+:\d+/,
      );
    }),
    { numRuns: RUNS },
  );
  expect([...codes]).toEqual(expect.arrayContaining(['ok', 'insufficient_scope', 'validation_failed']));
});
