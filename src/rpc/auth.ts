import { WorkerEntrypoint } from 'cloudflare:workers';
import { z } from 'zod';
import { AuthorizeBody, authorizationOf, type DecisionSchema, decisionShape } from '../authorize/schemas.ts';
import type { Bindings } from '../config/config.ts';
import { EmailField, type UserSchema, userShape } from '../directory/schemas.ts';
import { requireScope } from '../http/service-authentication.ts';
import { payerNames } from '../plans/payer-schemas.ts';
import { type CurrentSessionSchema, currentSessionShape } from '../sessions/schemas.ts';
import { ConsumeBody, type ConsumedSchema, countedShape } from '../usage/schemas.ts';
import { type AuthProps, Binding, ownerOf } from './binding.ts';
import { RpcCredits } from './credits.ts';
import type { Outcome } from './outcome.ts';
import type { RpcServices } from './services.ts';
import { RpcUsage } from './usage.ts';

export type { AuthProps } from './binding.ts';
export type { Failure, Outcome } from './outcome.ts';

type User = z.infer<typeof UserSchema>;
type Decision = z.infer<typeof DecisionSchema>;
type Consumed = z.infer<typeof ConsumedSchema>;
type Session = z.infer<typeof CurrentSessionSchema>;

type Given<Method extends (given: never) => unknown> = Parameters<Method>[0];

/**
 * What other Workers may call by service binding: the same services and shapes as over HTTP. Each call comes to a
 * value, `{ ok: true, value }` or `{ ok: false, error }`; none throws. A binding may do what its `props` say.
 */
export class AuthEntrypoint extends WorkerEntrypoint<Bindings, AuthProps> {
  readonly #binding: Binding;

  constructor(ctx: ExecutionContext<AuthProps>, bindings: Bindings, services: () => RpcServices) {
    super(ctx, bindings);
    this.#binding = new Binding(services, ctx.props);
  }

  /** The ledger of a user's credits: the same by names that the proxy between two `wrangler dev` does not pass on. */
  get credits(): RpcCredits {
    return new RpcCredits(this.#binding);
  }

  /** Quota that is held while costly work is done, likewise. */
  get usage(): RpcUsage {
    return new RpcUsage(this.#binding);
  }

  /**
   * The local check of an access token: signature, issuer, audience, expiry. A session that has ended since shows only
   * when its token expires: `authorize` asks. Fails with `invalid_token`, `token_expired`, and for the token of a client with
   * `insufficient_scope`: `authorize` takes those, with a `scope`. A key of a user or an organization is no sign-in of anybody, and fails
   * with `invalid_token`: `authorize` takes keys, and with nothing to use it says whose one is.
   */
  verify(token: string): Promise<Outcome<Session>> {
    return this.#binding.call(
      {
        name: 'verify',
        scope: null,
        schema: z.string().max(8192),
        work: async ({ sessions }, { realm }, accessToken) =>
          currentSessionShape(await sessions.verifyToken(accessToken, realm)),
      },
      token,
    );
  }

  /**
   * One decision about the holder of a token, or of a key of a user or an organization, and all of it or nothing: checks the token strictly, uses the quota,
   * charges the credits; once for a reference. A refusal is a value, with the `reason`. Needs `usage:write`, and `credits:write` to charge. Fails with
   * `reference_reused`.
   */
  authorize(request: z.input<typeof AuthorizeBody>): Promise<Outcome<Decision>> {
    return this.#binding.call(
      {
        name: 'authorize',
        scope: 'usage:write',
        schema: AuthorizeBody,
        work: async ({ authorizer }, { realm, actor, scopes }, body) => {
          if ((body.credits ?? 0) > 0) requireScope(scopes, 'credits:write');
          return decisionShape(await authorizer.authorize(authorizationOf(body, actor), realm));
        },
      },
      request,
    );
  }

  /**
   * Uses quota of a user. Needs `usage:write`. Fails with `quota_exceeded`, `resource_not_in_plan`,
   * `account_suspended`, `reference_reused`, `user_not_found`, and of an organization `organization_not_found`, `not_a_member`,
   * `organization_suspended`, `cap_exceeded`.
   */
  consume(use: z.input<typeof ConsumeBody>): Promise<Outcome<Consumed>> {
    return this.#binding.call(
      {
        name: 'consume',
        scope: 'usage:write',
        schema: ConsumeBody,
        work: async ({ usage }, caller, { resource, quantity, reference = null, ...named }) => {
          const counted = await usage.consume(ownerOf(caller, named), { resource, quantity, reference });
          return { ...payerNames(named), ...countedShape(counted) };
        },
      },
      use,
    );
  }

  /** A user, by id. Needs `users:read`. Fails with `user_not_found`. */
  getUser(userId: string): Promise<Outcome<User>> {
    return this.#binding.call(
      {
        name: 'getUser',
        scope: 'users:read',
        schema: z.string(),
        work: async ({ directory }, { realm }, id) =>
          userShape(await directory.find(realm.id, { userId: id }, null)),
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
        work: async ({ directory }, { realm }, address) =>
          userShape(await directory.find(realm.id, { email: address }, null)),
      },
      email,
    );
  }

  /** `usage.reserve`. */
  reserveUsage(given: Given<RpcUsage['reserve']>): ReturnType<RpcUsage['reserve']> {
    return this.usage.reserve(given);
  }

  /** `usage.commit`. */
  commitUsage(given: Given<RpcUsage['commit']>): ReturnType<RpcUsage['commit']> {
    return this.usage.commit(given);
  }

  /** `usage.release`. */
  releaseUsage(given: Given<RpcUsage['release']>): ReturnType<RpcUsage['release']> {
    return this.usage.release(given);
  }

  /** `credits.balance`. */
  creditBalance(given: Given<RpcCredits['balance']>): ReturnType<RpcCredits['balance']> {
    return this.credits.balance(given);
  }

  /** `credits.add`. */
  addCredits(given: Given<RpcCredits['add']>): ReturnType<RpcCredits['add']> {
    return this.credits.add(given);
  }

  /** `credits.use`. */
  useCredits(given: Given<RpcCredits['use']>): ReturnType<RpcCredits['use']> {
    return this.credits.use(given);
  }

  /** `credits.refund`. */
  refundCredits(given: Given<RpcCredits['refund']>): ReturnType<RpcCredits['refund']> {
    return this.credits.refund(given);
  }

  /** `credits.transactions`. */
  creditTransactions(given: Given<RpcCredits['transactions']>): ReturnType<RpcCredits['transactions']> {
    return this.credits.transactions(given);
  }
}
