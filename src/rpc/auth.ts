import { WorkerEntrypoint } from 'cloudflare:workers';
import { z } from 'zod';
import { EmailField, type UserSchema, userShape } from '../accounts/schemas.ts';
import type { Accounts } from '../accounts/service.ts';
import type { Bindings } from '../env.ts';
import type { Realms } from '../realms/service.ts';
import { type CurrentSessionSchema, currentSessionShape } from '../sessions/schemas.ts';
import type { Sessions } from '../sessions/service.ts';
import { type AuthProps, Binding } from './binding.ts';
import type { Outcome } from './outcome.ts';

export type { AuthProps } from './binding.ts';
export type { Failure, Outcome } from './outcome.ts';

/** What the calls act through. */
export interface RpcServices {
  realms: Realms;
  accounts: Accounts;
  sessions: Sessions;
}

export type User = z.infer<typeof UserSchema>;
export type Session = z.infer<typeof CurrentSessionSchema>;

/**
 * What other Workers may call by service binding: the same services and shapes as over HTTP. Each call comes to a
 * value, `{ ok: true, value }` or `{ ok: false, error }`; none throws. A binding may do what its `props` say.
 */
export class AuthEntrypoint extends WorkerEntrypoint<Bindings, AuthProps> {
  readonly #binding: Binding<RpcServices>;

  constructor(ctx: ExecutionContext<AuthProps>, bindings: Bindings, services: () => RpcServices) {
    super(ctx, bindings);
    this.#binding = new Binding(services, ctx.props);
  }

  /**
   * The local check of an access token: signature, issuer, audience, expiry. A session that has ended since shows only
   * when its token expires: `authorize` asks. Fails with `invalid_token`, `token_expired`.
   */
  verify(token: string): Promise<Outcome<Session>> {
    return this.#binding.call(
      {
        name: 'verify',
        scope: null,
        schema: z.string().max(8192),
        work: async ({ sessions }, realm, accessToken) =>
          currentSessionShape(await sessions.verifyToken(accessToken, realm.id)),
      },
      token,
    );
  }

  /** A user, by id. Needs `users:read`. Fails with `user_not_found`. */
  getUser(userId: string): Promise<Outcome<User>> {
    return this.#binding.call(
      {
        name: 'getUser',
        scope: 'users:read',
        schema: z.string(),
        work: async ({ accounts }, realm, id) =>
          userShape(await accounts.find(realm.id, { userId: id }, null)),
      },
      userId,
    );
  }

  /** The user with an e-mail address. Needs `users:read`. Fails with `user_not_found`. */
  getUserByEmail(email: string): Promise<Outcome<User>> {
    return this.#binding.call(
      {
        name: 'getUserByEmail',
        scope: 'users:read',
        schema: EmailField,
        work: async ({ accounts }, realm, address) =>
          userShape(await accounts.find(realm.id, { email: address }, null)),
      },
      email,
    );
  }
}
