import type { Decision, MeteringObjects } from '../account/metering-contract.ts';
import { requireOwnReference } from '../credits/service.ts';
import { ApiError, accepted, type ErrorCode } from '../errors.ts';
import type { Assurance } from '../lib/assurance.ts';
import { count } from '../lib/metrics.ts';
import type { Realm } from '../lib/realm.ts';
import type { Plans } from '../plans/service.ts';
import type { Delegation, Sessions } from '../sessions/service.ts';

/** What a service asks before it does something for the holder of a token. */
export interface Authorization {
  token: string;
  resource: string | null;
  /** Of the resource; at least 1. */
  quantity: number;
  /** To be charged; 0 is nothing. */
  credits: number;
  reference: string | null;
  /** The id of the API key that asks. */
  actor: string;
  /** As in `AuthorizationRequest`. */
  maxAge: number | null;
  acr: Assurance | null;
  /** What the token of a client must be allowed, and for whom it must be; any of the realm when null. */
  scope: string | null;
  audience: string | null;
}

/** The answer. Of somebody who is not let in it says nothing but the reason. */
export type Authorized =
  | ({
      userId: string;
      sessionId: string;
      clientId: string | null;
      /** The clients that passed the token on to each other. */
      act: Delegation | null;
      /** The thumbprint of the key that whoever presents the token has to prove to who asks; null for a bearer token. */
      key: string | null;
      reference: string | null;
    } & Decision)
  | {
      allowed: false;
      reason: ErrorCode;
      userId: null;
      sessionId: null;
      clientId: null;
      act: null;
      key: null;
      plan: null;
      quota: null;
      balance: null;
      reference: string | null;
    };

/** Refusals that are an answer: they are about the user, not about the request. */
const NOT_LET_IN: ErrorCode[] = [
  'invalid_token',
  'token_expired',
  'session_ended',
  'account_suspended',
  'impersonation_refused',
  'reauthentication_required',
  'insufficient_scope',
  'mfa_required',
];

/** One decision for a service: who, whether they may, and if so it is done. One call to one object, and no D1. */
export class Authorizer {
  readonly #sessions: Sessions;
  readonly #plans: Plans;
  readonly #objects: MeteringObjects;

  constructor(sessions: Sessions, plans: Plans, objects: MeteringObjects) {
    this.#sessions = sessions;
    this.#plans = plans;
    this.#objects = objects;
  }

  /**
   * Checks the token strictly, uses the quota and charges the credits: all of it or nothing, and once for a reference.
   * Throws 422 for a name that is no resource, and `reference_reused`.
   */
  async authorize(request: Authorization, realm: Realm): Promise<Authorized> {
    const answer = await this.#decide(request, realm);
    count('decisions', { allowed: String(answer.allowed), reason: answer.reason ?? 'none' });
    return answer;
  }

  async #decide(request: Authorization, realm: Realm): Promise<Authorized> {
    const { token, resource, quantity, credits, reference, actor, maxAge, acr, scope, audience } = request;
    if (reference !== null) requireOwnReference(reference);
    const terms =
      resource === null ? await this.#plans.terms(realm.id) : await this.#plans.termsOf(realm.id, resource);
    try {
      const {
        userId,
        sessionId,
        client,
        delegation: act,
        key,
        ...said
      } = await this.#sessions.verifyActing(token, realm, null);
      // Who holds a client's token is not the user: it may what it says, and nothing where nobody asks.
      if (client && (scope === null || !client.scopes.includes(scope)))
        throw new ApiError('insufficient_scope');
      if (client && audience !== null && !said.audience.includes(audience))
        throw new ApiError('invalid_token');
      if (!client && !said.audience.includes(realm.audience)) throw new ApiError('invalid_token');
      const use = resource === null ? null : { resource, quantity };
      const asked = { sessionId, use, credits, reference, actor, maxAge, acr };
      const { decision } = accepted(await this.#objects(userId).authorize(terms, asked));
      return { userId, sessionId, clientId: client?.id ?? null, act, key, reference, ...decision };
    } catch (error) {
      if (error instanceof ApiError && NOT_LET_IN.includes(error.code)) {
        return nobody(error.code, reference);
      }
      throw error;
    }
  }
}

function nobody(reason: ErrorCode, reference: string | null): Authorized {
  return {
    allowed: false,
    reason,
    userId: null,
    sessionId: null,
    clientId: null,
    act: null,
    key: null,
    plan: null,
    quota: null,
    balance: null,
    reference,
  };
}
