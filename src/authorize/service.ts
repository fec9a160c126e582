import type { KeyDecision, KeyedObject } from '../account/key-contract.ts';
import type { AuthorizationRequest, Decision, MeteringObject, Terms } from '../account/metering-contract.ts';
import { requireOwnReference } from '../credits/service.ts';
import { parseProductKeyText } from '../crypto/product-key-text.ts';
import { ApiError, accepted, type ErrorCode, fieldError } from '../errors.ts';
import type { Assurance } from '../lib/assurance.ts';
import { count } from '../lib/metrics.ts';
import { rolesWith } from '../lib/organization-roles.ts';
import type { Realm } from '../lib/realm.ts';
import type { Plans } from '../plans/service.ts';
import type { Delegation, Sessions } from '../sessions/service.ts';
import type { SpendingObject } from '../wallet/spending-contract.ts';

/** What a service asks before it does something for the holder of a token, or of a key of a user or an organization. */
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
  /**
   * The organization whose plan, quota and credits are used: that of the token where it is undefined, and with null the user's own, which
   * no organization has to do with.
   */
  organizationId?: string | null | undefined;
  /** What the user's role in the organization has to allow; null for nothing. */
  permission?: string | null | undefined;
}

/** The answer. Of somebody who is not let in it says nothing but the reason. */
export type Authorized =
  | ({
      /** Null for the key of an organization. */
      userId: string | null;
      /** Null for a key. */
      sessionId: string | null;
      /** The key of a user or an organization that was presented; null for a token. */
      apiKey: KeyDecision['key'] | null;
      clientId: string | null;
      /** The clients that passed the token on to each other. */
      act: Delegation | null;
      /** The thumbprint of the key that whoever presents the token has to prove to who asks; null for a bearer token. */
      key: string | null;
      /** Of whose plan it is decided, and what the user is in it; null where the user is alone. */
      organizationId: string | null;
      role: string | null;
      reference: string | null;
    } & Decision)
  | {
      allowed: false;
      reason: ErrorCode;
      userId: null;
      sessionId: null;
      apiKey: null;
      clientId: null;
      act: null;
      key: null;
      organizationId: null;
      role: null;
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
  'organization_not_found',
  'organization_suspended',
  'not_a_member',
  'insufficient_permission',
];

/** Objects of those who have plan, quotas, credits and keys, by id. */
type KeyedObjects<Metered> = (id: string) => Metered & KeyedObject;

/**
 * One decision for a service: who, whether they may, and if so it is done. One call to one object, or two where it is an organization
 * that pays for the holder of a token, and no D1.
 */
export class Authorizer {
  readonly #sessions: Sessions;
  readonly #plans: Plans;
  readonly #objects: KeyedObjects<MeteringObject>;
  readonly #wallets: KeyedObjects<SpendingObject>;

  constructor(
    sessions: Sessions,
    plans: Plans,
    objects: KeyedObjects<MeteringObject>,
    wallets: KeyedObjects<SpendingObject>,
  ) {
    this.#sessions = sessions;
    this.#plans = plans;
    this.#objects = objects;
    this.#wallets = wallets;
  }

  /**
   * Checks the token strictly, or the key, uses the quota and charges the credits: all of it or nothing, and once for a reference.
   * Throws 422 for a name that is no resource, and for a permission where no organization is meant, and `reference_reused`.
   */
  async authorize(request: Authorization, realm: Realm): Promise<Authorized> {
    const answer = await this.#decide(request, realm);
    count('decisions', { allowed: String(answer.allowed), reason: answer.reason ?? 'none' });
    return answer;
  }

  async #decide(request: Authorization, realm: Realm): Promise<Authorized> {
    const { token, resource, quantity, credits, reference, actor, maxAge, acr, scope, audience } = request;
    const { organizationId: named, permission = null } = request;
    if (reference !== null) requireOwnReference(reference);
    if (permission !== null && named === null)
      throw fieldError('permission', 'invalid', 'Only a member of an organization has permissions');
    const terms =
      resource === null ? await this.#plans.terms(realm.id) : await this.#plans.termsOf(realm.id, resource);
    try {
      const key = parseProductKeyText(token);
      if (key) return await this.#decideByKey(key, terms, request);
      const {
        userId,
        sessionId,
        client,
        delegation: act,
        key: thumbprint,
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
      const clientId = client?.id ?? null;
      const who = { userId, sessionId, apiKey: null, clientId, act, key: thumbprint, reference };
      const chosen = said.organization?.id ?? null;
      // What the user has let a client do for an organization, or for themselves alone, it does for nobody else.
      if (client && named !== undefined && named !== chosen) throw new ApiError('not_a_member');
      const organizationId = named === undefined ? chosen : named;
      if (organizationId !== null) {
        const roles = permission === null ? null : rolesWith(realm.organizations?.roles, permission);
        const decision = await this.#decideForMember(organizationId, userId, terms, { ...asked, roles });
        return { ...who, organizationId, ...decision };
      }
      // Nobody has permissions where they are alone.
      if (permission !== null) throw new ApiError('insufficient_permission');
      const { decision } = accepted(await this.#objects(userId).authorize(terms, asked));
      return { ...who, organizationId: null, role: null, ...decision };
    } catch (error) {
      if (error instanceof ApiError && NOT_LET_IN.includes(error.code)) {
        return nobody(error.code, reference);
      }
      throw error;
    }
  }

  /**
   * A key says in its text in which object it is: that decides alone. Nobody has proved anything by it, so that where a proof is asked for
   * none is found; and it acts for its owner, not for anybody else whom its owner is with.
   */
  async #decideByKey(
    { hash, ...owner }: NonNullable<ReturnType<typeof parseProductKeyText>>,
    terms: Terms,
    request: Authorization,
  ): Promise<Authorized> {
    const { resource, quantity, credits, reference, actor, scope, permission = null } = request;
    const userId = 'userId' in owner ? owner.userId : null;
    const organizationId = 'organizationId' in owner ? owner.organizationId : null;
    const { maxAge, acr, organizationId: named } = request;
    if (maxAge !== null || acr !== null) throw new ApiError('reauthentication_required');
    if (named !== undefined && named !== organizationId) throw new ApiError('not_a_member');
    // Nobody has permissions where they are alone.
    if (permission !== null && organizationId === null) throw new ApiError('insufficient_permission');
    const use = resource === null ? null : { resource, quantity };
    const asked = { hash, use, credits, reference, actor, scope, permission };
    const object: KeyedObject =
      userId === null ? this.#wallets(organizationId as string) : this.#objects(userId);
    const { decision, key: apiKey } = accepted(await object.authorizeKey(terms, asked));
    const who = { userId, sessionId: null, apiKey, clientId: null, act: null, key: null };
    return { ...who, organizationId, role: null, reference, ...decision };
  }

  /**
   * The account says whether the session is good for it, the organization all the rest. Where nothing is written they are asked at once.
   * Else the session first: what the organization does in its one transaction is the last step, so that there is nothing to undo, and
   * the session of somebody who is out charges nobody.
   */
  async #decideForMember(
    organizationId: string,
    userId: string,
    terms: Terms,
    request: AuthorizationRequest & { roles: string[] | null },
  ): Promise<Decision & { role: string }> {
    const { use, credits, reference, actor, roles } = request;
    const { sessionId, maxAge, acr } = request;
    const spends = use !== null || credits > 0;
    const checked = this.#objects(userId).checkFor({ sessionId, maxAge, acr, spends });
    const decide = () =>
      this.#wallets(organizationId).authorizeMember(
        { ...terms, behalf: { userId, actor } },
        { use, credits, reference, roles },
      );
    if (spends || reference !== null) {
      accepted(await checked);
      return accepted(await decide()).decision;
    }
    const [session, decided] = await Promise.all([checked, decide()]);
    accepted(session);
    return accepted(decided).decision;
  }
}

function nobody(reason: ErrorCode, reference: string | null): Authorized {
  return {
    allowed: false,
    reason,
    userId: null,
    sessionId: null,
    apiKey: null,
    clientId: null,
    act: null,
    key: null,
    organizationId: null,
    role: null,
    plan: null,
    quota: null,
    balance: null,
    reference,
  };
}
