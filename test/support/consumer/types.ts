import type { Auth } from '../../../src/worker.ts';

// What the compiler tells whoever writes a consumer; never run. test/node/rpc.test.ts has `tsc` judge it: a line under
// `@ts-expect-error` that is no error is one.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_Proof extends true>() => {};

export async function verifies(AUTH: Service<typeof Auth>) {
  const verified = await AUTH.verify('token');
  if (verified.ok) {
    const { user_id, role, email_verified } = verified.value;
    is<Equal<typeof user_id, string>>();
    is<Equal<typeof role, 'user' | 'admin' | 'owner'>>();
    is<Equal<typeof email_verified, boolean>>();
    // @ts-expect-error the wire has snake_case
    verified.value.userId;
    // @ts-expect-error what went well has no error
    verified.error;
  } else {
    is<Equal<typeof verified.error.status, number>>();
    if (verified.error.code === 'token_expired') return;
    // @ts-expect-error there is no such code
    if (verified.error.code === 'expired') return;
    // @ts-expect-error what failed has no value
    verified.value;
  }
}

export async function readsUsers(AUTH: Service<typeof Auth>) {
  const found = await AUTH.getUserByEmail('ada@example.com');
  if (!found.ok) return;
  is<Equal<typeof found.value.last_login_at, string | null>>();
  is<Equal<Awaited<ReturnType<typeof AUTH.getUser>>['ok'], boolean>>();
}

export async function isRefused(AUTH: Service<typeof Auth>) {
  // @ts-expect-error a token is text
  await AUTH.verify(7);
  // @ts-expect-error and needed
  await AUTH.getUser();
  // @ts-expect-error there is no such method
  await AUTH.deleteUser('usr_x');
}
