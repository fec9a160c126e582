import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { nearestReplica, primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { ApiError, fieldError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { afterResponse } from '../lib/after-response.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { newId } from '../lib/ids.ts';
import { Kept } from '../lib/kept.ts';
import { DAY, SECOND } from '../lib/time.ts';
import type { ClientDocuments } from './client-document-service.ts';
import {
  clientProblems,
  type NewOAuthClient,
  type OAuthClientPatch,
  oauthClientShape,
  type WholeOAuthClient,
} from './client-schemas.ts';
import { hasSecret, newClientSecret } from './client-secret.ts';
import { requireSector, type Sectors } from './client-sectors.ts';
import {
  type ClientRef,
  changeClient,
  deleteClient,
  findClient,
  insertClient,
  listClients,
  noteClientUse,
} from './client-store.ts';
import { type OAuthClientRow, oauthClients } from './tables.ts';

/** How long an isolate goes by what it read: so long a deleted client, or a secret that is over, can work elsewhere. */
const CACHE = 30 * SECOND;
/** How often a client that is not there, or whose secret is another, may make an isolate ask the primary. */
const ASK_AGAIN = 5 * SECOND;
const REMEMBERED = 1000;
/** How exactly it is known when a client that registered itself got a token last (milliseconds). */
const USE_NOTED = DAY;
const ID = /^cli_[0-9a-z]{26}$/;

/** What a client does not have that nobody said it has. */
const NOTHING = {
  jwks: null,
  jwks_uri: null,
  sector_identifier_uri: null,
  backchannel_logout_uri: null,
  logo_uri: null,
  client_uri: null,
  policy_uri: null,
  tos_uri: null,
  access_token_seconds: null,
  refresh_token_seconds: null,
};

interface Known {
  row: OAuthClientRow;
  /** When the primary was last asked, Unix milliseconds; 0 when only a replica was. */
  askedAt: number;
}

/** The clients of the authorization server: made, changed, known. */
export class OAuthClients {
  readonly #d1: D1Database;
  readonly #standby: Standby;
  readonly #documents: ClientDocuments;
  readonly #sectors: Sectors;
  readonly #found = new Kept<string, Known>({ limit: REMEMBERED, freshFor: CACHE });
  /** Apart, so that strangers push out none that exist. */
  readonly #missing = new BoundedMap<string, number>(REMEMBERED);

  constructor(d1: D1Database, standby: Standby, documents: ClientDocuments, sectors: Sectors) {
    this.#documents = documents;
    this.#sectors = sectors;
    this.#d1 = d1;
    this.#standby = standby;
  }

  /**
   * The client of that id, registered or described by a document, in a realm if `holds` says so of it, else null. No query when the isolate knows it; before it says
   * no it asks the primary, where a client that was made or changed a moment ago is already known.
   */
  async find(
    realmId: string,
    id: string,
    holds: (row: OAuthClientRow) => boolean = () => true,
  ): Promise<OAuthClientRow | null> {
    if (this.#documents.isDocument(id)) {
      const described = await this.#documents.find(realmId, id);
      return described && holds(described) ? described : null;
    }
    const now = Date.now();
    if (!ID.test(id) || now - (this.#missing.get(id) ?? 0) < ASK_AGAIN) return null;
    const fits = (row: OAuthClientRow) => row.realmId === realmId && holds(row);
    const known = await this.#found.get(id, () => this.#readReplica(id));
    if (known && fits(known.row)) return known.row;
    if (known && now - known.askedAt < ASK_AGAIN) return null;
    const row = await findClient(primary(this.#d1).db, id);
    if (!row) {
      this.#found.delete(id);
      this.#missing.set(id, now);
      return null;
    }
    this.learn(row);
    return fits(row) ? row : null;
  }

  /** The names of clients, by id, for lists; those that are gone are missing. */
  async named(realmId: string, ids: Iterable<string>): Promise<Record<string, OAuthClientRow>> {
    const rows = await Promise.all([...new Set(ids)].map((id) => this.find(realmId, id)));
    return Object.fromEntries(rows.flatMap((row) => (row ? [[row.id, row]] : [])));
  }

  /** A page of a realm's clients, newest first. */
  async list(realmId: string, page: { limit: number; cursor?: string | undefined }) {
    const { clients, total } = await listClients(primary(this.#d1).db, realmId, {
      limit: page.limit + 1,
      before: page.cursor,
    });
    return { ...pageOf(clients, page.limit, ({ id }) => id), total };
  }

  /** A client as the primary has it. Throws `client_not_found`. */
  async get({ id, realmId }: ClientRef): Promise<OAuthClientRow> {
    const row = await findClient(primary(this.#d1).db, id);
    if (row?.realmId !== realmId) throw new ApiError('client_not_found');
    return row;
  }

  /** Makes a client; `secret` is its secret, which nobody can read again, or null. Throws `validation_failed`. */
  async create(
    realmId: string,
    body: z.output<typeof NewOAuthClient>,
    actor: Pick<Actor, 'id'>,
  ): Promise<{ row: OAuthClientRow; secret: string | null }> {
    const { type, ...said } = body;
    const byType = type === 'public' ? 'none' : 'client_secret_basic';
    const { token_endpoint_auth_method: method = byType } = body;
    if (type !== undefined && (type === 'public') !== (method === 'none')) {
      throw fieldError('type', 'custom', 'Does not go with token_endpoint_auth_method');
    }
    const whole = { ...NOTHING, ...said, token_endpoint_auth_method: method };
    requireWhole(whole);
    const now = Date.now();
    const secret = hasSecret(method) ? newClientSecret() : null;
    const row: OAuthClientRow = {
      ...(columnsOf(whole) as Omit<OAuthClientRow, 'id' | 'realmId'>),
      id: newId('cli', now),
      realmId,
      secretHash: secret?.hash ?? null,
      previousHash: null,
      previousExpiresAt: null,
      registrationHash: null,
      usedAt: null,
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    };
    await requireSector(row, this.#sectors);
    await insertClient(primary(this.#d1).db, row, {
      realmId,
      at: now,
      actor: actor.id,
      action: 'client_created',
      target: row.id,
      details: { before: null, after: whole },
    });
    this.learn(row);
    return { row, secret: secret?.text ?? null };
  }

  /**
   * Changes a client. One that has a secret from now on gets it; one that has none any more loses it. Throws `client_not_found`,
   * `validation_failed`, `conflict`.
   */
  async update(
    client: ClientRef,
    patch: z.output<typeof OAuthClientPatch>,
    actor: Actor,
  ): Promise<{ row: OAuthClientRow; secret: string | null }> {
    const read = await this.get(client);
    const before = oauthClientShape(read);
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    requireWhole({ ...before, ...given } as WholeOAuthClient);
    const method = patch.token_endpoint_auth_method ?? read.authentication;
    const secret = hasSecret(method) && read.secretHash === null ? newClientSecret() : null;
    const secrets = hasSecret(method)
      ? secret && { secretHash: secret.hash }
      : { secretHash: null, previousHash: null, previousExpiresAt: null };
    const set = columnsOf(patch);
    // It is asked for when what it has to say has changed, and not for each new name.
    const asks = (['redirectUris', 'sectorIdentifierUri'] as const).some(
      (name) => set[name] !== undefined && JSON.stringify(set[name]) !== JSON.stringify(read[name]),
    );
    if (asks) await requireSector({ ...read, ...set }, this.#sectors);
    const now = Math.max(Date.now(), read.updatedAt + 1);
    const names = Object.keys(set) as (keyof OAuthClientRow)[];
    const row = await changeClient(
      primary(this.#d1).db,
      { ...client, updatedAt: read.updatedAt },
      { ...set, ...secrets, updatedAt: now },
      {
        realmId: client.realmId,
        at: now,
        actor: actor.id,
        action: 'client_changed',
        target: client.id,
        details: { before: Object.fromEntries(names.map((name) => [name, read[name]])), after: set },
      },
    );
    if (!row) throw new ApiError('conflict');
    this.learn(row);
    return { row, secret: secret?.text ?? null };
  }

  /**
   * Gives a client a new secret; the one before works on for so many seconds, and one before that no more. Throws
   * `client_not_found`, and `validation_failed` for a client that has none.
   */
  async rotateSecret(
    client: ClientRef,
    overlapSeconds: number,
    actor: Actor,
  ): Promise<{ row: OAuthClientRow; secret: string }> {
    const read = await this.get(client);
    if (!hasSecret(read.authentication)) {
      throw fieldError('token_endpoint_auth_method', 'custom', 'Such a client has no secret');
    }
    const now = Date.now();
    const { text, hash } = newClientSecret();
    const row = await changeClient(
      primary(this.#d1).db,
      client,
      {
        secretHash: hash,
        previousHash: sql`${oauthClients.secretHash}`,
        previousExpiresAt: now + overlapSeconds * SECOND,
        updatedAt: now,
      },
      {
        realmId: client.realmId,
        at: now,
        actor: actor.id,
        action: 'client_secret_rotated',
        target: client.id,
        details: { overlap_seconds: overlapSeconds },
      },
    );
    if (!row) throw new ApiError('client_not_found');
    this.learn(row);
    return { row, secret: text };
  }

  /** Deletes a client: nobody gets a token by it any more. Throws `client_not_found`. */
  async delete(client: ClientRef, actor: Actor): Promise<void> {
    const { id, realmId } = client;
    const entry = { realmId, at: Date.now(), actor: actor.id, action: 'client_deleted', target: id } as const;
    if (!(await deleteClient(primary(this.#d1).db, client, entry))) throw new ApiError('client_not_found');
    this.forget(id);
  }

  /** Notes that a client that registered itself got a token: those that nobody uses are deleted some day. */
  used(row: OAuthClientRow): void {
    const now = Date.now();
    if (!row.registrationHash || now - (row.usedAt ?? 0) < USE_NOTED) return;
    this.#found.set(row.id, { row: { ...row, usedAt: now }, askedAt: now });
    afterResponse(() => noteClientUse(primary(this.#d1).db, row.id, now, now - USE_NOTED));
  }

  /** It is deleted. */
  forget(id: string): void {
    this.#found.delete(id);
    this.#missing.set(id, Date.now());
    this.#standby.tell(`oauth-client:${id}`, null);
  }

  /** It was made, or changed. */
  learn(row: OAuthClientRow): void {
    this.#missing.delete(row.id);
    this.#found.set(row.id, { row, askedAt: Date.now() });
    this.#standby.tell(`oauth-client:${row.id}`, row);
  }

  async #readReplica(id: string): Promise<Known | null> {
    const read = () => findClient(nearestReplica(this.#d1).db, id);
    const row = await this.#standby.read(`oauth-client:${id}`, read);
    return row && { row, askedAt: 0 };
  }
}

function requireWhole(client: WholeOAuthClient): void {
  const problems = clientProblems(client);
  if (problems.length === 0) return;
  throw new ApiError('validation_failed', { fields: problems.map((one) => ({ ...one, code: 'custom' })) });
}

/** What was sent, by the columns it sets. */
function columnsOf(body: z.output<typeof OAuthClientPatch>): Partial<OAuthClientRow> {
  const given = {
    name: body.name,
    firstParty: body.first_party,
    authentication: body.token_endpoint_auth_method,
    jwks: body.jwks,
    jwksUri: body.jwks_uri,
    subjectType: body.subject_type,
    sectorIdentifierUri: body.sector_identifier_uri,
    dpopBound: body.dpop_bound_access_tokens,
    idTokenAlgorithm: body.id_token_signed_response_alg,
    redirectUris: body.redirect_uris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    backchannelLogoutUri: body.backchannel_logout_uri,
    grantTypes: body.grant_types,
    scopes: body.scopes,
    audiences: body.audiences,
    logoUri: body.logo_uri,
    clientUri: body.client_uri,
    policyUri: body.policy_uri,
    tosUri: body.tos_uri,
    accessTokenSeconds: body.access_token_seconds,
    refreshTokenSeconds: body.refresh_token_seconds,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<OAuthClientRow>;
}
