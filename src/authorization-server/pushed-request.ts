import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import { OAuthFailure } from './oauth-error.ts';
import { type Parameters, parametersOf } from './parameters.ts';
import { MAX_REQUEST } from './schemas.ts';
import type { OAuthClientRow } from './tables.ts';

/** RFC 9126, 2.2. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:';
/** How long a pushed request can be used (milliseconds): a user signs in meanwhile. */
const LIFETIME = 10 * MINUTE;
/** What says who the client is, and is no part of the request. */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

interface Pushed {
  clientId: string;
  realmId: string;
  parameters: [string, string][];
  expiresAt: number;
}

/** The answer to a pushed request (RFC 9126, 2.2). `expires_in` is seconds. */
export interface PushedAnswer {
  request_uri: string;
  expires_in: number;
}

/** The request that a client has pushed, which nobody can read or change; it is kept nowhere. Throws `invalid_request`. */
export async function pushedRequest(
  keys: Keyring,
  client: OAuthClientRow,
  parameters: Parameters,
  key: string | null,
): Promise<PushedAnswer> {
  const kept = parameters
    .names()
    .filter((name) => !CREDENTIALS.includes(name))
    .flatMap((name) => parameters.all(name).map((value): [string, string] => [name, value]));
  const pushed: Pushed = {
    clientId: client.id,
    realmId: client.realmId,
    parameters: key === null ? kept : [...kept, ['dpop_jkt', key]],
    expiresAt: Date.now() + LIFETIME,
  };
  const uri = PREFIX + (await seal(keys, pushed));
  if (uri.length > MAX_REQUEST) throw new OAuthFailure('invalid_request', 'The request is too long');
  return { request_uri: uri, expires_in: LIFETIME / SECOND };
}

/**
 * The parameters of a request: those that were pushed, and then none beside them (RFC 9126, 4), or its own; null for a pushed
 * request that is over, or of another client or realm.
 */
export async function withPushed(
  keys: Keyring,
  realmId: string,
  asked: Parameters,
): Promise<Parameters | null> {
  const uri = asked.get('request_uri');
  if (!uri?.startsWith(PREFIX)) return asked;
  const pushed = await unseal<Pushed>(keys, uri.slice(PREFIX.length));
  const fits = pushed?.clientId === asked.get('client_id') && pushed?.realmId === realmId;
  if (!pushed || !fits || Date.now() >= pushed.expiresAt) return null;
  const { clientId, parameters } = pushed;
  return parametersOf(new URLSearchParams([...parameters, ['client_id', clientId]]));
}
