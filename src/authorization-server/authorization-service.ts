import { AUTHORIZATION_CODE_LIFETIME, newCodeText } from '../account/code-text.ts';
import type { ClientConsent, GrantObjects } from '../account/grant-contract.ts';
import { equalsInConstantTime, hmac, type Keyring } from '../crypto/keys.ts';
import { ApiError, accepted, isRefusal } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import { assuranceOf, isAsSureAs } from '../lib/assurance.ts';
import type { Client } from '../lib/client.ts';
import { hasFactor, owedStep } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import { HOUR, SECOND } from '../lib/time.ts';
import type { Organizations, OwnOrganization } from '../organizations/service.ts';
import type { Subjects } from '../signing-keys/subject-service.ts';
import {
  type AnswerTarget,
  type AskedAuthorization,
  askedAuthorization,
  type ResponseMode,
  userinfoAudience,
} from './authorization-request.ts';
import { isSelfRegistered } from './client-schemas.ts';
import { sectorOf } from './client-sectors.ts';
import type { OAuthClients } from './client-service.ts';
import { grantLifetimes } from './grant-lifetimes.ts';
import { OAuthFailure } from './oauth-error.ts';
import { type Parameters, readParameters, required } from './parameters.ts';
import { type PushedAnswer, pushedRequest, withPushed } from './pushed-request.ts';
import { canBeImpersonated, isLoopbackUri, isRegisteredUri } from './redirect-uris.ts';
import type { ProtectedResources } from './resource-service.ts';
import type { SignedTokens } from './signed-tokens-service.ts';
import type { OAuthClientRow } from './tables.ts';

export { type AskedAuthorization, userinfoAudience } from './authorization-request.ts';

/** Organizations of which a user can choose one. */
const OFFERED = 100;
/** How long somebody may take to sign in anew for a request (milliseconds). */
const SIGN_IN_TIME = HOUR;
/** The parameter that says since when a request waits for its user to sign in anew. */
export const SINCE = 'signed_in_since';

/** What is sent to a client, and how. */
export interface ClientAnswer {
  redirectUri: string;
  responseMode: ResponseMode;
  parameters: Record<string, string>;
}

/** What comes next for a request: an answer, a sign-in, the enrolment of a second factor, or a question to the user. */
export type NextStep =
  | { next: 'answer'; answer: ClientAnswer }
  | {
      next: 'sign_in';
      anew: boolean;
      create: boolean;
      loginHint: string | null;
      uiLocales: string | null;
      since: string;
      redirectUri: string;
    }
  | { next: 'enrol' }
  | {
      next: 'ask';
      asked: AskedAuthorization;
      principal: Principal;
      /** Those that the client can act for: that which it asks for, or all that the user is in. */
      organizations: { id: string; name: string }[];
    };

/** The user's word on a question that they were asked, as which user. */
export interface UserWord {
  allowed: boolean;
  userId: string;
  /** The organization that the client shall act for; null for the user alone. */
  organizationId: string | null;
}

/** What a user has to be asked, by the error that says so where they cannot be. */
type Question = 'consent_required' | 'account_selection_required' | 'interaction_required';

interface AuthorizationParts {
  /** Whether this is a developer's machine. */
  isLocal: boolean;
  clients: OAuthClients;
  resources: ProtectedResources;
  objects: GrantObjects;
  organizations: Pick<Organizations, 'listOwn' | 'membership'>;
  tokens: SignedTokens;
  subjects: Subjects;
  /** Signs since when a request waits. */
  requestKeys: Keyring;
  pushedKeys: Keyring;
}

/** The authorization endpoint (RFC 6749, 3.1; OpenID Connect Core 1.0, 3.1.2): who asks, for what, and whether they get it. */
export class ClientAuthorizations {
  readonly #parts: AuthorizationParts;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
  }

  /**
   * What comes next for a request. With `word` the user has been asked. Throws `invalid_request` and `redirect_not_allowed` for what
   * may be answered to nobody but the person in front of the browser: they are never sent to an address that is not the client's.
   */
  async next(
    search: URLSearchParams,
    realm: Realm,
    principal: Principal | null,
    by: Client,
    word: UserWord | null = null,
  ): Promise<NextStep> {
    const said = readable(search);
    const parameters = await withPushed(this.#parts.pushedKeys, realm.id, said);
    const since = said.get(SINCE);
    if (!parameters) {
      // Its user may have taken long to sign in: only their client can ask anew.
      const over = {
        error: 'invalid_request_uri',
        error_description: 'The request is over, or of another client',
      };
      return answering(realm, await this.#target(said, realm), over);
    }
    const target = await this.#target(parameters, realm);
    try {
      const asked = askedAuthorization(parameters, target, realm);
      // Who has not registered is nobody to an app.
      const user = principal?.anonymous ? null : principal;
      return await this.#decide(asked, realm, user, since, by, word);
    } catch (error) {
      if (!(error instanceof OAuthFailure)) throw error;
      const { error: code, description } = error;
      return answering(realm, target, { error: code, error_description: description });
    }
  }

  /**
   * Takes a request that a client pushes (RFC 9126), when it is right as far as can be said without its user; with the thumbprint of a
   * key that it has proved, it is for that key (RFC 9449, 10.1). Throws OAuthFailure.
   */
  async push(
    parameters: Parameters,
    realm: Realm,
    client: OAuthClientRow,
    key: string | null,
  ): Promise<PushedAnswer> {
    const redirectUri = required(parameters, 'redirect_uri');
    if (!isRegisteredUri(client.redirectUris, redirectUri)) {
      throw new OAuthFailure('invalid_request', 'redirect_uri is not registered');
    }
    const may = await this.#parts.resources.forTokens(realm.id, client, parameters.all('resource'));
    const target = { client: may, redirectUri, responseMode: 'query', state: null } as const;
    const { idTokenHint, key: said } = askedAuthorization(parameters, target, realm);
    await this.#hinted(realm, client, idTokenHint);
    if (key !== null && said !== null && key !== said) {
      throw new OAuthFailure('invalid_dpop_proof', 'dpop_jkt is not that of the proof');
    }
    return pushedRequest(this.#parts.pushedKeys, client, parameters, said === null ? key : null);
  }

  /** What the user has allowed: what they said last, last. */
  consents(userId: string): Promise<ClientConsent[]> {
    return this.#parts.objects(userId).consents();
  }

  /** Ends all that a client has of the user, and forgets what was allowed; effective for the next request. */
  async disconnect(userId: string, clientId: string, by: Client): Promise<void> {
    await this.#parts.objects(userId).disconnectClient(clientId, by);
  }

  /** The client and its address: before both are known to be right nothing is sent there. */
  async #target(parameters: Parameters, realm: Realm): Promise<AnswerTarget> {
    const id = parameters.get('client_id');
    const redirectUri = parameters.get('redirect_uri');
    if (id === undefined || redirectUri === undefined) {
      throw new ApiError('invalid_request', { detail: 'client_id and redirect_uri are needed.' });
    }
    const isIts = (row: OAuthClientRow) => isRegisteredUri(row.redirectUris, redirectUri);
    const client = await this.#parts.clients.find(realm.id, id, isIts);
    if (!client) {
      const isThere = await this.#parts.clients.find(realm.id, id);
      if (isThere) throw new ApiError('redirect_not_allowed');
      throw new ApiError('invalid_request', { detail: 'There is no such client.' });
    }
    const responseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query';
    const may = await this.#parts.resources.forTokens(realm.id, client, parameters.all('resource'));
    return { client: may, redirectUri, responseMode, state: parameters.get('state') ?? null };
  }

  async #decide(
    asked: AskedAuthorization,
    realm: Realm,
    principal: Principal | null,
    since: string | undefined,
    by: Client,
    word: UserWord | null,
  ): Promise<NextStep> {
    const { client, prompt } = asked;
    const isSilent = prompt.includes('none');
    const hinted = await this.#hinted(realm, client, asked.idTokenHint);
    const { subject } = asked.claims;
    const isMeant =
      (hinted === undefined || hinted === principal?.userId) &&
      (subject === null ||
        (principal && (await this.#parts.tokens.subjectFor(client, principal.userId))) === subject);
    const signIn = this.#signInNeeded(asked, realm, principal, { isMeant, since });
    if (!principal || signIn) {
      if (isSilent) throw new OAuthFailure('login_required', 'The user has to sign in');
      return {
        next: 'sign_in',
        anew: signIn === 'anew',
        create: prompt.includes('create'),
        loginHint: asked.loginHint,
        uiLocales: asked.uiLocales,
        since: this.#sign(client.id, Date.now()),
        redirectUri: asked.redirectUri,
      };
    }
    if (stepFor(asked, realm, principal) === 'enrol') {
      if (isSilent) throw new OAuthFailure('interaction_required', 'The user has to add a second factor');
      return { next: 'enrol' };
    }
    if (word && word.userId === principal.userId) {
      if (!word.allowed) throw new OAuthFailure('access_denied', 'The user said no');
      const chosen = await this.#memberOf(asked.organizationId ?? word.organizationId, principal);
      return this.#issue(asked, realm, principal, { consented: !client.firstParty, chosen }, by);
    }
    const named = await this.#memberOf(asked.organizationId, principal);
    const { question, last } = await this.#question(asked, realm, principal);
    if (!question) {
      // Where nobody is asked, what they said last holds.
      const chosen = named ?? (await this.#memberOf(last, principal));
      return this.#issue(asked, realm, principal, { consented: false, chosen }, by);
    }
    if (isSilent) throw new OAuthFailure(question, 'The user has to be asked');
    const organizations = named ? [named.organization] : await this.#choices(principal);
    return {
      next: 'ask',
      asked,
      principal,
      organizations: organizations.map(({ id, name }) => ({ id, name })),
    };
  }

  /**
   * What the user is in an organization, as the primary has it. Throws `access_denied` for one that they are not in, or that is suspended:
   * which of both, or whether there is such a one, nobody is told.
   */
  async #memberOf(organizationId: string | null, principal: Principal): Promise<OwnOrganization | null> {
    if (organizationId === null) return null;
    const found = await this.#parts.organizations.membership(principal, organizationId);
    if (found?.organization.status === 'active') return found;
    throw new OAuthFailure('access_denied', 'The user cannot act for that organization');
  }

  /** The organizations of the user of which they can choose one. */
  async #choices(principal: Principal): Promise<OwnOrganization['organization'][]> {
    const { rows } = await this.#parts.organizations.listOwn(principal, { after: null, limit: OFFERED });
    return rows.map(({ organization }) => organization).filter(({ status }) => status === 'active');
  }

  /** Whether the user has to sign in: 'anew' even if they are signed in. */
  #signInNeeded(
    asked: AskedAuthorization,
    realm: Realm,
    principal: Principal | null,
    { isMeant, since }: { isMeant: boolean; since: string | undefined },
  ): 'first' | 'anew' | null {
    if (!principal) return 'first';
    const { client, maxAge, prompt } = asked;
    const now = Date.now();
    const waiting = this.#waitingSince(client.id, since, now);
    const isAnew = waiting !== null && principal.authenticatedAt > waiting;
    if (stepFor(asked, realm, principal) === 'sign_in') {
      // They did, and not by what it takes.
      if (isAnew && owedStep(realm.mfa, principal, principal.factors, now) === null) throw unmet();
      return 'anew';
    }
    const asksAnew = prompt.includes('login') || prompt.includes('create') || maxAge === 0;
    if (asksAnew) {
      if (!isAnew) return 'anew';
    } else if (maxAge !== null && now - principal.authenticatedAt > maxAge * SECOND) return 'anew';
    return isMeant ? null : 'anew';
  }

  /** The user whom an ID token means; undefined where there is none. Throws `invalid_request` for one that is not of the client. */
  async #hinted(
    realm: Realm,
    client: OAuthClientRow,
    idToken: string | null,
  ): Promise<string | null | undefined> {
    if (idToken === null) return undefined;
    const hint = await this.#parts.tokens.read(realm, idToken);
    if (!hint || hint.isAccessToken || hint.claims.aud !== client.id) {
      throw new OAuthFailure('invalid_request', 'id_token_hint is no ID token of this client');
    }
    return hint.userId;
  }

  /** What the user has to be asked, if anything; else for which organization they have let the client act last. */
  async #question(
    asked: AskedAuthorization,
    realm: Realm,
    principal: Principal,
  ): Promise<{ question: Question | null; last: string | null }> {
    const { audience, client, organizationId, prompt, redirectUri, scopes } = asked;
    const ask = (question: Question) => ({ question, last: null });
    if (prompt.includes('select_account')) return ask('account_selection_required');
    // What nobody has registered is asked about each time: anybody can say that they are it.
    if (prompt.includes('consent') || isSelfRegistered(client)) return ask('consent_required');
    // While one develops, the machine is one's own, and the app will be at an https address.
    const isTried = this.#parts.isLocal && client.firstParty && isLoopbackUri(redirectUri);
    // Another program on the machine could have sent the browser here, and would get the answer.
    if (canBeImpersonated(redirectUri) && !isTried) return ask('interaction_required');
    if (client.firstParty) return { question: null, last: null };
    const consents = (await this.consents(principal.userId)).filter(({ clientId }) => clientId === client.id);
    const last = consents.at(-1)?.organizationId ?? null;
    const meant = organizationId ?? last;
    // What is allowed for an organization is for no other, nor for the user alone; nor is what is for them alone for it.
    const allowed = consents.find((of) => of.organizationId === meant);
    if (!allowed || !scopes.every((scope) => allowed.scopes.includes(scope))) return ask('consent_required');
    // What held for an organization does not hold for the user alone where they have left it since.
    if (organizationId === null && last !== null && !(await this.#isMember(last, principal)))
      return ask('consent_required');
    const known = [userinfoAudience(realm), ...allowed.resources];
    return audience.every((one) => known.includes(one)) ? { question: null, last } : ask('consent_required');
  }

  async #isMember(organizationId: string, principal: Principal): Promise<boolean> {
    const found = await this.#parts.organizations.membership(principal, organizationId);
    return found?.organization.status === 'active';
  }

  async #issue(
    asked: AskedAuthorization,
    realm: Realm,
    { userId, sessionId }: Principal,
    { consented, chosen }: { consented: boolean; chosen: OwnOrganization | null },
    by: Client,
  ): Promise<NextStep> {
    const { audience, challenge, claims, client, key, nonce, redirectUri, scopes } = asked;
    const { text, hash } = newCodeText(userId);
    const code = {
      hash,
      grant: {
        clientId: client.id,
        scope: scopes.join(' '),
        audience,
        ...(client.backchannelLogoutUri !== null && { hearsOfEnd: true }),
        ...(chosen && { organizationId: chosen.organization.id }),
      },
      ...(chosen && {
        membership: {
          organizationId: chosen.organization.id,
          role: chosen.role,
          version: chosen.version,
          joinedAt: chosen.joinedAt,
        },
      }),
      redirectUri,
      challenge,
      nonce,
      ...(key !== null && { key }),
      ...(claims.idToken.length > 0 && { idTokenClaims: claims.idToken }),
      lifetimes: grantLifetimes(realm, client, scopes),
      expiresAt: Date.now() + AUTHORIZATION_CODE_LIFETIME,
    };
    const issued = await this.#parts.objects(userId).issueCode(sessionId, code, consented, by);
    // They have left in the same moment.
    if (isRefusal(issued) && issued.reason === 'not_a_member')
      throw new OAuthFailure('access_denied', 'The user cannot act for that organization');
    accepted(issued);
    const shown = await this.#parts.subjects.masked(realm.id, sectorOf(client), text);
    return answering(realm, asked, { code: shown });
  }

  #sign(clientId: string, at: number): string {
    return `${at}.${hmac(this.#parts.requestKeys[0], `${clientId} ${at}`)}`;
  }

  /** Since when a request waits for a sign-in, Unix milliseconds; null when nobody has said so, or too long ago. */
  #waitingSince(clientId: string, since: string | undefined, now: number): number | null {
    const [at = '', tag = ''] = since?.split('.') ?? [];
    const isOurs = this.#parts.requestKeys.some((key) =>
      equalsInConstantTime(hmac(key, `${clientId} ${at}`), tag),
    );
    return isOurs && now < Number(at) + SIGN_IN_TIME ? Number(at) : null;
  }
}

/**
 * What the user has to do before they are as sure as the client asks, and the realm: sign in anew, or add a second factor first.
 * Throws `unmet_authentication_requirements` where nothing makes them so.
 */
function stepFor(
  { claims }: AskedAuthorization,
  { mfa }: Realm,
  principal: Principal,
): 'sign_in' | 'enrol' | null {
  const { factors, impersonator, methods } = principal;
  const owed = owedStep(mfa, principal, factors, Date.now());
  if (owed !== null || claims.acr === null || isAsSureAs(assuranceOf(methods), claims.acr)) return owed;
  // A passkey is sure enough in itself; no other factor is asked for where the realm wants none.
  if (factors.passkeys > 0) return 'sign_in';
  if (mfa.mode === 'off' || impersonator !== null) throw unmet();
  return hasFactor(mfa, factors) ? 'sign_in' : 'enrol';
}

function unmet(): OAuthFailure {
  return new OAuthFailure(
    'unmet_authentication_requirements',
    'The user did not prove well enough who they are',
  );
}

/** RFC 6749, 4.1.2; `iss` keeps a client that has several servers from mixing them up (RFC 9207). */
function answering(realm: Realm, target: AnswerTarget, answer: Record<string, string>): NextStep {
  const { redirectUri, responseMode, state } = target;
  const parameters = { ...answer, ...(state !== null && { state }), iss: realm.issuer };
  return { next: 'answer', answer: { redirectUri, responseMode, parameters } };
}

/** Throws `invalid_request` for parameters that cannot be read: nobody knows yet where an answer could go. */
function readable(search: URLSearchParams): Parameters {
  try {
    return readParameters(search);
  } catch (error) {
    if (error instanceof OAuthFailure)
      throw new ApiError('invalid_request', { detail: `${error.description}.` });
    throw error;
  }
}
