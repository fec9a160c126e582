import { isRefusal } from '../errors.ts';
import { SECOND } from '../lib/time.ts';
import { lacksFactor } from './introspection-service.ts';
import { OAuthFailure } from './oauth-error.ts';
import { required } from './parameters.ts';
import type { OAuthClientRow } from './tables.ts';
import type { ProvedRequest, TokenAnswer, TokenParts } from './token-parts.ts';

/** What is asked for by a client that wants a token of its user at a provider; RFC 8693, 3 lets servers have such. */
export const PROVIDER_TOKEN = 'urn:latchkey:token-type:provider-access-token';

/**
 * A client exchanges its own access token of a user, which has the scope `provider_token:{provider}`, for one of the user at that
 * provider. Throws OAuthFailure.
 */
export async function exchangeForProviderToken(
  { objects, tokens, vault }: TokenParts,
  { by, parameters, realm }: ProvedRequest,
  client: OAuthClientRow,
): Promise<TokenAnswer> {
  const provider = required(parameters, 'provider');
  const read = await tokens.read(realm, required(parameters, 'subject_token'));
  const { act, client_id, exp, scope, sid } = (read?.claims ?? {}) as {
    act?: unknown;
    client_id?: string;
    exp?: number;
    scope?: string;
    sid?: string;
  };
  const holds = read?.isAccessToken && Date.now() < (exp ?? 0) * SECOND;
  // Neither what was passed on nor what an admin does in a user's place: the user has allowed this client, in person.
  if (!holds || read.userId === null || sid === undefined || act !== undefined || client_id !== client.id) {
    throw new OAuthFailure('invalid_request', 'It is no access token of a user that the client got itself');
  }
  if (!scope?.split(' ').includes(`provider_token:${provider}`)) {
    throw new OAuthFailure(
      'invalid_scope',
      `The token needs the scope provider_token:${printable(provider)}`,
    );
  }
  const session = await objects(read.userId).check(sid);
  if (isRefusal(session) || session.grant?.clientId !== client.id || lacksFactor(session, realm)) {
    throw new OAuthFailure('invalid_request', 'Its session has ended');
  }
  const ref = { userId: read.userId, provider };
  const taken = await vault.take(realm, ref, { id: client.id, sessionId: sid, client: by });
  const { accessToken, expiresAt } = taken;
  return {
    access_token: accessToken,
    issued_token_type: PROVIDER_TOKEN,
    token_type: 'Bearer',
    ...(expiresAt !== null && { expires_in: Math.floor((expiresAt - Date.now()) / SECOND) }),
    ...(taken.scope !== null && { scope: taken.scope }),
  };
}

/** RFC 6749, 5.2. */
function printable(text: string): string {
  return text.slice(0, 40).replace(/[^a-z0-9-]/g, '?');
}
