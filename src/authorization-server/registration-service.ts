import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { clientKey } from '../lib/client-address.ts';
import { newId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { DAY, HOUR, SECOND } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';
import { hasSecret, isClientSecret, newClientSecret } from './client-secret.ts';
import { hasSector, type Sectors } from './client-sectors.ts';
import type { OAuthClients } from './client-service.ts';
import { changeClient, deleteClient, findClient, insertRegistered } from './client-store.ts';
import { OAuthFailure } from './oauth-error.ts';
import {
  ClientMetadata,
  type RegisteredClientSchema,
  type SelfDescription,
  selfDescription,
} from './registration-schemas.ts';
import type { ProtectedResources } from './resource-service.ts';
import type { OAuthClientRow } from './tables.ts';

/** Clients that one network may register in an hour. */
const PER_HOUR = 10;
/** Clients of a realm that have registered themselves: those that nobody uses are deleted. */
const MOST = 2000;

const BEARER = /^bearer +(lkg_[\w-]{43})$/i;

type Registered = z.infer<typeof RegisteredClientSchema>;

interface RegistrationParts {
  d1: D1Database;
  clients: OAuthClients;
  resources: ProtectedResources;
  take: Take;
  sectors: Sectors;
}

/** A request about a registration by who holds its token (RFC 7592). */
export interface RegistrationAccess {
  id: string;
  authorization: string | undefined;
}

/** Clients that register themselves (RFC 7591) and manage that (RFC 7592), where a realm lets them. */
export class ClientRegistrations {
  readonly #parts: RegistrationParts;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** Registers a client. Throws OAuthFailure, `rate_limited`. */
  async register(body: unknown, realm: Realm, ip: string): Promise<Registered> {
    requireDynamic(realm);
    const description = described(body);
    const { clients, d1, take } = this.#parts;
    if (!(await take(`client_registration:${clientKey(ip)}`, PER_HOUR, HOUR / SECOND))) {
      throw new ApiError('rate_limited', { retryAfter: HOUR / SECOND });
    }
    await this.#requireSector(description);
    const now = Date.now();
    const id = newId('cli', now);
    const secret = hasSecret(description.authentication) ? newClientSecret() : null;
    const token = `lkg_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')}`;
    const row: OAuthClientRow = {
      ...description,
      id,
      realmId: realm.id,
      secretHash: secret?.hash ?? null,
      previousHash: null,
      previousExpiresAt: null,
      registrationHash: hashOf(token),
      usedAt: null,
      // By nobody but itself.
      createdBy: id,
      createdAt: now,
      updatedAt: now,
    };
    const details = { before: null, after: description };
    const entry = {
      realmId: realm.id,
      at: now,
      actor: id,
      action: 'client_created',
      target: id,
      details,
    } as const;
    if (!(await insertRegistered(primary(d1).db, row, MOST, entry))) {
      throw new ApiError('rate_limited', { retryAfter: DAY / SECOND });
    }
    clients.learn(row);
    return this.#shown(row, realm, token, secret?.text, body);
  }

  /** What is registered. Throws OAuthFailure `invalid_token`. */
  async read(registration: RegistrationAccess, realm: Realm): Promise<Registered> {
    const { row, token } = await this.#authenticated(registration, realm);
    return this.#shown(row, realm, token, undefined, null);
  }

  /** Replaces all that is registered (RFC 7592, 2.2). Throws OAuthFailure. */
  async replace(registration: RegistrationAccess, body: unknown, realm: Realm): Promise<Registered> {
    const { row: read, token } = await this.#authenticated(registration, realm);
    requireDynamic(realm);
    const description = described(body);
    await this.#requireSector(description);
    const { client_id, client_secret } = body as Record<string, unknown>;
    if (client_id !== read.id) throw new OAuthFailure('invalid_client_metadata', 'client_id is another');
    const now = Math.max(Date.now(), read.updatedAt + 1);
    if (client_secret !== undefined && !isClientSecret(read, String(client_secret), now)) {
      throw new OAuthFailure('invalid_client_metadata', 'client_secret is another');
    }
    const needsSecret = hasSecret(description.authentication);
    const secret = needsSecret && read.secretHash === null ? newClientSecret() : null;
    const secrets = needsSecret
      ? secret && { secretHash: secret.hash }
      : { secretHash: null, previousHash: null, previousExpiresAt: null };
    const ref = { id: read.id, realmId: realm.id };
    const row = await changeClient(
      primary(this.#parts.d1).db,
      { ...ref, updatedAt: read.updatedAt },
      { ...description, ...secrets, updatedAt: now },
      {
        realmId: realm.id,
        at: now,
        actor: read.id,
        action: 'client_changed',
        target: read.id,
        details: { before: null, after: description },
      },
    );
    if (!row) throw new ApiError('conflict');
    this.#parts.clients.learn(row);
    return this.#shown(row, realm, token, secret?.text, body);
  }

  /** Takes the client out of the world (RFC 7592, 2.3). Throws OAuthFailure `invalid_token`. */
  async remove(registration: RegistrationAccess, realm: Realm): Promise<void> {
    const { row } = await this.#authenticated(registration, realm);
    const ref = { id: row.id, realmId: realm.id };
    const entry = {
      realmId: realm.id,
      at: Date.now(),
      actor: row.id,
      action: 'client_deleted',
      target: row.id,
    } as const;
    await deleteClient(primary(this.#parts.d1).db, ref, entry);
    this.#parts.clients.forget(row.id);
  }

  async #requireSector(description: SelfDescription): Promise<void> {
    if (await hasSector(description, this.#parts.sectors)) return;
    throw new OAuthFailure(
      'invalid_client_metadata',
      'sector_identifier_uri does not list the redirect URIs',
    );
  }

  /** From the primary: whoever holds the token has just been given it. */
  async #authenticated(
    { id, authorization }: RegistrationAccess,
    realm: Realm,
  ): Promise<{ row: OAuthClientRow; token: string }> {
    const [, token = ''] = BEARER.exec(authorization ?? '') ?? [];
    const row = token === '' ? null : await findClient(primary(this.#parts.d1).db, id);
    const hash = row?.realmId === realm.id ? row.registrationHash : null;
    if (!row || hash === null || !equalsInConstantTime(hash, hashOf(token))) {
      throw new OAuthFailure('invalid_token', 'It is not the token of this registration');
    }
    return { row, token };
  }

  async #shown(
    row: OAuthClientRow,
    { id: realmId, issuer }: Realm,
    token: string,
    secret: string | undefined,
    body: unknown,
  ): Promise<Registered> {
    const asked = (body as { scope?: string } | null)?.scope?.split(' ');
    const open = (await this.#parts.resources.of(realmId)).filter((one) => one.open);
    const more = open.flatMap(({ scopes }) => scopes).filter((scope) => !asked || asked.includes(scope));
    const links = {
      client_uri: row.clientUri,
      jwks_uri: row.jwksUri,
      sector_identifier_uri: row.sectorIdentifierUri,
      logo_uri: row.logoUri,
      policy_uri: row.policyUri,
      tos_uri: row.tosUri,
    };
    return {
      client_id: row.id,
      client_id_issued_at: Math.floor(row.createdAt / SECOND),
      ...(secret !== undefined && { client_secret: secret }),
      ...(row.secretHash !== null && { client_secret_expires_at: 0 }),
      registration_access_token: token,
      registration_client_uri: `${issuer}/oauth2/register/${row.id}`,
      client_name: row.name,
      redirect_uris: row.redirectUris,
      post_logout_redirect_uris: row.postLogoutRedirectUris,
      token_endpoint_auth_method: row.authentication,
      grant_types: row.grantTypes,
      response_types: ['code'],
      id_token_signed_response_alg: row.idTokenAlgorithm,
      dpop_bound_access_tokens: row.dpopBound,
      scope: [...new Set([...row.scopes, ...more])].join(' '),
      subject_type: row.subjectType,
      ...(row.jwks && { jwks: { ...row.jwks } }),
      ...Object.fromEntries(Object.entries(links).filter(([, value]) => value !== null)),
    };
  }
}

function requireDynamic({ clientRegistration = [] }: Realm): void {
  if (clientRegistration.includes('dynamic')) return;
  throw new OAuthFailure('access_denied', 'The realm does not let clients register themselves');
}

function described(body: unknown): SelfDescription {
  const parsed = ClientMetadata.safeParse(body);
  if (!parsed.success) {
    const [field = 'The body'] = parsed.error.issues[0]?.path ?? [];
    // RFC 7591, 3.2.2.
    throw field === 'redirect_uris'
      ? new OAuthFailure('invalid_redirect_uri', 'An address is missing, or cannot be registered')
      : new OAuthFailure('invalid_client_metadata', `${String(field)} is wrong`);
  }
  const description = selfDescription(parsed.data, 'Unnamed app');
  if (!description) {
    throw new OAuthFailure(
      'invalid_client_metadata',
      'Needs authorization_code, the response type code, keys for private_key_jwt (jwks or jwks_uri), and one sector for pairwise subjects',
    );
  }
  return description;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
