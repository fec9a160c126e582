import { createHash } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import { primary } from '../db/client.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { ClientKeys } from './client-keys.ts';
import { isClientSecret } from './client-secret.ts';
import type { OAuthClients } from './client-service.ts';
import { takeAssertion } from './client-store.ts';
import { OAuthFailure } from './oauth-error.ts';
import type { Parameters } from './parameters.ts';
import type { OAuthClientRow } from './tables.ts';

/** RFC 7523, 2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** The algorithms of assertions; none is symmetric. */
export const ASSERTION_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA'];
/** How long an assertion may live at most (milliseconds): so long it is remembered. */
const MAX_ASSERTION = 10 * MINUTE;

/** What a client presents of itself. */
interface Presented {
  method: OAuthClientRow['authentication'];
  clientId: string;
  proof: string | null;
}

/** A request of a client. */
export interface ClientMessage {
  realm: Realm;
  authorization: string | undefined;
  parameters: Parameters;
  /** The address that it was sent to. */
  endpoint: string;
}

interface AuthenticationParts {
  d1: D1Database;
  clients: OAuthClients;
  keys: ClientKeys;
}

type Check = (
  parts: AuthenticationParts,
  request: ClientMessage,
  presented: Presented,
) => Promise<OAuthClientRow | null>;

/** What each method of proof takes to hold, by name: the client, or null. */
const CHECKS: Record<OAuthClientRow['authentication'], Check> = {
  none: ({ clients }, { realm }, { clientId }) =>
    clients.find(realm.id, clientId, (row) => row.authentication === 'none'),
  client_secret_basic: bySecret,
  client_secret_post: bySecret,
  private_key_jwt: byAssertion,
};

/**
 * The client behind a request (RFC 6749, 2.3), by exactly one method, which must be the client's own. Throws `invalid_client`, and
 * `invalid_request` for a request with two.
 */
export async function authenticateClient(
  parts: AuthenticationParts,
  request: ClientMessage,
): Promise<OAuthClientRow> {
  const presented = presentedIn(request);
  const client = presented && (await CHECKS[presented.method](parts, request, presented));
  if (!client) throw new OAuthFailure('invalid_client', 'The client is unknown, or did not prove who it is');
  return client;
}

function presentedIn({ authorization, parameters }: ClientMessage): Presented | null {
  const ways = [basic(authorization), assertion(parameters), post(parameters)].filter((one) => one !== null);
  if (ways.length > 1) throw new OAuthFailure('invalid_request', 'The client proves who it is in two ways');
  const named = parameters.get('client_id');
  const [way] = ways;
  if (!way) return named === undefined ? null : { method: 'none', clientId: named, proof: null };
  if (named !== undefined && named !== way.clientId) {
    throw new OAuthFailure('invalid_request', 'client_id is not that of the client');
  }
  return way;
}

function basic(authorization: string | undefined): Presented | null {
  if (authorization === undefined) return null;
  const [, credentials] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials ?? '', 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) {
    throw new OAuthFailure('invalid_client', 'The Authorization header cannot be read');
  }
  return { method: 'client_secret_basic', clientId: formDecoded(id), proof: formDecoded(secret) };
}

/** RFC 6749, 2.3.1: both are encoded as in a form first. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthFailure('invalid_client', 'The Authorization header cannot be read');
  }
}

function post(parameters: Parameters): Presented | null {
  const secret = parameters.get('client_secret');
  const clientId = parameters.get('client_id') ?? '';
  return secret === undefined ? null : { method: 'client_secret_post', clientId, proof: secret };
}

function assertion(parameters: Parameters): Presented | null {
  const proof = parameters.get('client_assertion');
  if (proof === undefined && parameters.get('client_assertion_type') === undefined) return null;
  if (proof === undefined || parameters.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw new OAuthFailure('invalid_client', 'The assertion is not whole');
  }
  return { method: 'private_key_jwt', clientId: subjectOf(proof), proof };
}

function subjectOf(jwt: string): string {
  try {
    const { sub }: { sub?: unknown } = decodeJwt(jwt);
    return typeof sub === 'string' ? sub : '';
  } catch {
    throw new OAuthFailure('invalid_client', 'The assertion is no JWT');
  }
}

async function bySecret(
  { clients }: AuthenticationParts,
  { realm }: ClientMessage,
  { clientId, method, proof }: Presented,
): Promise<OAuthClientRow | null> {
  const now = Date.now();
  return clients.find(
    realm.id,
    clientId,
    (row) => row.authentication === method && isClientSecret(row, proof ?? '', now),
  );
}

/** OpenID Connect Core 1.0, 9; RFC 7523, 3: for this very issuer, from the client about itself, short-lived, and good once. */
async function byAssertion(
  { d1, clients, keys }: AuthenticationParts,
  { realm, endpoint }: ClientMessage,
  { clientId, proof }: Presented,
): Promise<OAuthClientRow | null> {
  const client = await clients.find(realm.id, clientId, (row) => row.authentication === 'private_key_jwt');
  const find = client && (await keys.of(client));
  if (!client || !find) return null;
  const verified = await jwtVerify(proof ?? '', find, {
    algorithms: ASSERTION_ALGORITHMS,
    issuer: clientId,
    subject: clientId,
    audience: [realm.issuer, `${realm.issuer}/oauth2/token`, endpoint],
    requiredClaims: ['exp', 'jti'],
  }).catch(() => null);
  const { jti, exp = 0 } = verified?.payload ?? {};
  const expiresAt = exp * SECOND;
  if (typeof jti !== 'string' || expiresAt > Date.now() + MAX_ASSERTION) return null;
  const hash = createHash('sha256').update(`${clientId} ${jti}`).digest('base64url');
  const assertion = { hash, realmId: client.realmId, expiresAt };
  return (await takeAssertion(primary(d1).db, assertion)) ? client : null;
}
