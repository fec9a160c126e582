import type { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';
import type { LatchkeyBinding } from '../../../src/client/worker.ts';
import type { RpcCredits } from '../../../src/rpc/credits.ts';
import type { RpcUsage } from '../../../src/rpc/usage.ts';
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

export async function authorizes(AUTH: Service<typeof Auth>) {
  const asked = await AUTH.authorize({ token: 'token', resource: 'images', credits: 5, reference: 'r' });
  if (!asked.ok) return;
  is<Equal<typeof asked.value.allowed, boolean>>();
  is<Equal<typeof asked.value.user_id, string | null>>();
  is<Equal<NonNullable<typeof asked.value.quota>['remaining'], number | null>>();
  // @ts-expect-error who asks has to show the token
  await AUTH.authorize({ resource: 'images' });
  // @ts-expect-error there is no such field
  await AUTH.authorize({ token: 'token', amount: 5 });
  const consumed = await AUTH.consume({ user_id: 'usr_x', resource: 'images' });
  if (consumed.ok) is<Equal<typeof consumed.value.quota.used, number>>();
}

export async function charges(AUTH: Service<typeof Auth>) {
  const used = await AUTH.credits.use({ user_id: 'usr_x', amount: 5, reference: 'r' });
  if (used.ok) is<Equal<typeof used.value.transaction.balance_after, number>>();
  const page = await AUTH.credits.transactions({ user_id: 'usr_x', limit: 10 });
  if (page.ok) is<Equal<typeof page.value.next_cursor, string | null>>();
  // @ts-expect-error a change needs what makes it happen once
  await AUTH.credits.add({ user_id: 'usr_x', amount: 5 });
  // @ts-expect-error how much is a number
  await AUTH.credits.add({ user_id: 'usr_x', amount: '5', reference: 'r' });
}

/** What the client package says is bound is what is bound, and all of it. */
export function isPublished(AUTH: Service<typeof Auth>): LatchkeyBinding {
  type Own<Of> = Exclude<keyof Of, keyof WorkerEntrypoint | keyof RpcTarget>;
  is<Equal<Own<InstanceType<typeof Auth>>, keyof LatchkeyBinding>>();
  is<Equal<Own<RpcCredits>, keyof LatchkeyBinding['credits']>>();
  is<Equal<Own<RpcUsage>, keyof LatchkeyBinding['usage']>>();
  return AUTH;
}
