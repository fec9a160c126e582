import { isRefusal } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import type { Delegation } from '../sessions/service.ts';
import { claimsOfOrganization } from '../sessions/service.ts';
import { audiencesOf, audienceWithin, scopesWithin, userinfoAudience } from './authorization-request.ts';
import { tokenSeconds } from './grant-lifetimes.ts';
import { lacksFactor } from './introspection-service.ts';
import { OAuthFailure } from './oauth-error.ts';
import { type Parameters, required } from './parameters.ts';
import { exchangeForProviderToken, PROVIDER_TOKEN } from './provider-token.ts';
import type { OAuthClientRow } from './tables.ts';
import { type ProvedRequest, type TokenAnswer, type TokenParts, typeOf } from './token-parts.ts';

/** RFC 8693, 3. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
/** How many clients may have passed a token on. */
const MAX_DEPTH = 5;

/** What is read in a token that is to be exchanged; it was signed by us. */
interface Subject {
  sid?: string;
  client_id: string;
  scope?: string;
  aud: string | string[];
  exp: number;
  auth_time?: number;
  amr?: string[];
  acr?: string;
  act?: Delegation;
  org_id?: string;
}

/**
 * RFC 8693: a client exchanges an access token of a user that is for it, or its own, for one with no more scope that is for somebody
 * else it may ask for, and says `act`: who asks for whom. It ends with the session of the token, and no later than that token. One
 * call to the user's object. Throws OAuthFailure.
 */
export async function exchangeToken(
  parts: TokenParts,
  request: ProvedRequest,
  client: OAuthClientRow,
): Promise<TokenAnswer> {
  const { key, parameters, realm } = request;
  requireTypes(parameters);
  if (parameters.get('requested_token_type') === PROVIDER_TOKEN) {
    return exchangeForProviderToken(parts, request, client);
  }
  const read = await parts.tokens.read(realm, required(parameters, 'subject_token'));
  const subject = read?.isAccessToken ? (read.claims as unknown as Subject) : null;
  const now = Date.now();
  if (!subject || now >= subject.exp * SECOND) throw unfit('It is no access token that holds');
  const { aud, act, auth_time, amr, acr, client_id, sid } = subject;
  const userId = read?.userId ?? null;
  // What a client has for itself is no user's; nor is what an admin does in a user's place a client's to pass on.
  if (sid === undefined || userId === null || (act && !act.sub.startsWith('cli_')))
    throw unfit('It is not of a user in person');
  if (!isForCaller(client, client_id, [aud].flat(), realm)) throw unfit('It is not for this client');
  const chain = { sub: client.id, ...(act && { act }) };
  if (depthOf(chain) > MAX_DEPTH) throw unfit('It was passed on too often');
  const session = await parts.objects(userId).check(sid);
  if (isRefusal(session)) throw unfit('Its session has ended');
  if (session.state.realmId !== realm.id || lacksFactor(session, realm)) {
    throw unfit('Its session is good for nothing here');
  }
  // The user's own token may all: of that the client gets what it may ask for.
  const targets = [...parameters.all('resource'), ...parameters.all('audience')];
  const may = await parts.resources.forTokens(realm.id, client, targets);
  const had = subject.scope?.split(' ');
  const scopes = had ? may.scopes.filter((scope) => had.includes(scope)) : may.scopes;
  const asked = parameters.get('scope');
  const scope = (asked === undefined ? scopes : scopesWithin(asked, scopes)).join(' ');
  const audience =
    targets.length === 0 ? [userinfoAudience(realm)] : audienceWithin(targets, audiencesOf(may, realm));
  const left = Math.floor((Math.min(subject.exp * SECOND, session.expiresAt) - now) / SECOND);
  const seconds = Math.min(tokenSeconds(realm, may), left);
  // What is for an organization stays so, and what is not does not become it.
  const { org_id } = subject;
  if (org_id !== undefined && session.organization?.id !== org_id)
    throw unfit('Its session is for another organization');
  const ofOrganization = org_id === undefined ? {} : claimsOfOrganization(session.organization, realm);
  const proof = { auth_time, amr, acr, ...ofOrganization };
  const of = {
    subject: await parts.tokens.subjectFor(client, userId),
    clientId: client.id,
    scope,
    audience,
    seconds,
    key,
  };
  const token = await parts.tokens.accessToken(realm, of, { sid, act: chain, ...proof });
  return {
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: typeOf(key),
    expires_in: seconds,
    scope,
  };
}

function requireTypes(parameters: Parameters): void {
  const wanted = parameters.get('requested_token_type');
  if (
    required(parameters, 'subject_token_type') !== ACCESS_TOKEN ||
    ![ACCESS_TOKEN, PROVIDER_TOKEN].includes(wanted ?? ACCESS_TOKEN)
  ) {
    throw unfit('Only access tokens are exchanged, for access tokens');
  }
  const actor = ['actor_token', 'actor_token_type'].find((name) => parameters.get(name) !== undefined);
  if (actor) throw unfit('Who acts is the client itself: there is no actor_token');
}

/**
 * Whether a client may exchange a token: one of its own, or that is for it. For a first-party client are also the users' own tokens,
 * which are for the realm.
 */
function isForCaller(
  client: OAuthClientRow,
  clientId: string,
  audience: readonly string[],
  realm: Realm,
): boolean {
  const own = [...client.audiences, ...(client.firstParty ? [realm.audience] : [])];
  return client.id === clientId || audience.some((one) => own.includes(one));
}

function depthOf({ act }: Delegation): number {
  return act ? 1 + depthOf(act) : 1;
}

/** RFC 8693, 2.2.2: whatever is wrong with the tokens is said by this. */
function unfit(description: string): OAuthFailure {
  return new OAuthFailure('invalid_request', description);
}
