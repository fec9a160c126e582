import type { SessionObjects } from '../account/contract.ts';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { ApiError, accepted, fieldError } from '../errors.ts';
import type { FlowCookie } from '../http/flow-cookie.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import { appRedirect } from './callback.ts';
import type { AuthorizationCodes, Exchange } from './code-service.ts';
import { type Departure, depart, destination } from './departure.ts';
import type { Flow, FlowPurpose, FlowSession } from './flow.ts';
import type { Identities, LinkingSession } from './identity-service.ts';
import type { Arrival } from './port.ts';
import type { Providers } from './registry.ts';

/** How long the URL works that an app opens in a browser to link an account (milliseconds). */
const TICKET_LIFETIME = 10 * MINUTE;

/** Where an app wants the browser back, and its PKCE challenge and state. */
export interface AppRequest {
  redirectTo: string;
  challenge: string;
  state: string | null;
}

/** What a request says of where to come back. */
export interface LinkRequest {
  redirect_to?: string | undefined;
  code_challenge?: string | undefined;
  state?: string | undefined;
}

export interface LinkDependencies {
  objects: SessionObjects;
  providers: Providers;
  codes: AuthorizationCodes;
  identities: Identities;
  origin: string;
  /** Encrypts what lies in cookies and URLs for ten minutes. */
  flowKeys: Keyring;
}

/** Linking of accounts at providers to a user who is signed in, and proofs by a linked one of who the user is. */
export class AccountLinks {
  readonly #deps: LinkDependencies;

  constructor(deps: LinkDependencies) {
    this.#deps = deps;
  }

  /**
   * Begins, in the browser that is signed in. Throws `provider_not_found`, `provider_unavailable`,
   * `redirect_not_allowed`, `validation_failed`.
   */
  async start(realm: Realm, provider: string, by: FlowSession, redirectTo?: string): Promise<Departure> {
    const { origin } = this.#deps;
    const page = `${realm.issuer}/account/identities`;
    const target = redirectTo === undefined ? page : destination(realm, origin, redirectTo, false);
    const link = flowSession(by);
    return depart(this.#deps, realm, { realmId: realm.id, provider, redirectTo: target, app: null, link });
  }

  /**
   * Begins as a request asks: for the browser that has the session cookie, which gets a cookie of the flow, or for an app
   * that has a token (`ticket`). Throws as those do.
   */
  async begin(
    realm: Realm,
    provider: string,
    by: FlowSession,
    request: LinkRequest,
    byToken: boolean,
  ): Promise<{ url: URL; cookie: FlowCookie | null }> {
    const { redirect_to: redirectTo, code_challenge: challenge, state = null } = request;
    if (challenge !== undefined) {
      if (redirectTo === undefined) throw fieldError('redirect_to', 'required', 'Is needed');
      const url = await this.ticket(realm, provider, by, { redirectTo, challenge, state });
      return { url, cookie: null };
    }
    // The browser that a token comes from need not be the one that opens the URL.
    if (byToken) throw fieldError('code_challenge', 'required', 'Is needed with a token');
    return this.start(realm, provider, by, redirectTo);
  }

  /** The origins of a realm's providers, which a form must be allowed to lead to. One that does not answer has none. */
  async origins(realm: Realm): Promise<string[]> {
    const { providers } = this.#deps;
    const found = await Promise.allSettled(
      providers.list(realm.id).map(({ id }) => providers.get(realm, id)),
    );
    return found.flatMap((one) =>
      one.status === 'fulfilled' ? [new URL(one.value.endpoints.authorization).origin] : [],
    );
  }

  /**
   * The URL that an app opens in a browser for its user. That browser need not be theirs, so nothing is linked in it:
   * the app gets a code, and completes under its own token. Throws as `start` does.
   */
  async ticket(
    realm: Realm,
    provider: string,
    by: FlowSession,
    { redirectTo, ...app }: AppRequest,
  ): Promise<URL> {
    const { flowKeys, origin, providers } = this.#deps;
    await providers.get(realm, provider);
    const link = flowSession(by);
    const target = destination(realm, origin, redirectTo, true);
    const purpose: FlowPurpose = { realmId: realm.id, provider, redirectTo: target, app, link };
    const url = new URL(`${realm.issuer}/v1/oauth/${provider}/login`);
    const ticket = { purpose, expiresAt: Date.now() + TICKET_LIFETIME };
    url.searchParams.set('ticket', await seal(flowKeys, ticket));
    return url;
  }

  /** Begins what a ticket is for. Throws `oauth_state_invalid`, and as `start` does. */
  async startTicket(realm: Realm, provider: string, ticket: string): Promise<Departure> {
    const { flowKeys } = this.#deps;
    const opened = await unseal<{ purpose?: FlowPurpose; expiresAt: number }>(flowKeys, ticket);
    const purpose = opened && Date.now() < opened.expiresAt ? opened.purpose : undefined;
    if (purpose?.realmId !== realm.id || purpose.provider !== provider) {
      throw new ApiError('oauth_state_invalid', { detail: 'Begin again in the app.' });
    }
    return depart(this.#deps, realm, purpose);
  }

  /**
   * Links who came back, or takes it for a proof, or gives an app the code to do so; where the browser goes. Throws
   * `session_ended`, `identity_conflict`.
   */
  async finish(realm: Realm, flow: Flow, by: FlowSession, arrival: Arrival, client: Client): Promise<string> {
    const { codes, flowKeys, identities, objects } = this.#deps;
    const { redirectTo, app } = flow;
    // Signed out meanwhile, or locked out: then nothing is linked.
    if (!app) {
      const session = accepted(await objects(by.userId).check(by.sessionId));
      const { credentialVersion } = session.state;
      if (by.proves) await this.#prove(by, realm, arrival, client);
      else await identities.link({ ...by, credentialVersion }, realm, arrival, client);
      return redirectTo;
    }
    const { challenge, state } = app;
    const sealed = await seal(flowKeys, { arrival, proves: by.proves ?? false });
    const code = await codes.issueLink({ realm, redirectTo, challenge }, by, client, sealed);
    return appRedirect(realm, redirectTo, state, { code });
  }

  /** Links what an app's code stands for to the user whose token it sends. Throws `invalid_grant`, `identity_conflict`. */
  async complete(exchange: Exchange, provider: string, by: LinkingSession, client: Client): Promise<void> {
    const { identities } = this.#deps;
    const arrival = await this.#take(exchange, provider, by, client, false);
    await identities.link(by, exchange.realm, arrival, client);
  }

  /** Takes what an app's code stands for as a proof of who the user is. Throws `invalid_grant`, `identity_conflict`. */
  async completeProof(
    exchange: Exchange,
    provider: string,
    by: { userId: string; sessionId: string },
    client: Client,
  ): Promise<void> {
    const arrival = await this.#take(exchange, provider, by, client, true);
    await this.#prove(by, exchange.realm, arrival, client);
  }

  /** A code of a flow that began for something else stands for nothing: a proof links nobody. */
  async #take(
    exchange: Exchange,
    provider: string,
    by: { userId: string },
    client: Client,
    proves: boolean,
  ): Promise<Arrival> {
    const { codes, flowKeys } = this.#deps;
    const sealed = await codes.takeLink(exchange, by, client);
    const opened = await unseal<{ arrival: Arrival; proves: boolean }>(flowKeys, sealed);
    if (opened?.arrival.provider !== provider || opened.proves !== proves)
      throw new ApiError('invalid_grant');
    return opened.arrival;
  }

  async #prove(
    { userId, sessionId }: { userId: string; sessionId: string },
    realm: Realm,
    arrival: Arrival,
    client: Client,
  ): Promise<void> {
    const { identities, objects } = this.#deps;
    if ((await identities.holder(realm.id, arrival)) !== userId) {
      throw new ApiError('identity_conflict', { detail: 'This is not an account that is linked.' });
    }
    accepted(await objects(userId).noteProof(sessionId, client));
  }
}

/** What of a session lies in the browser that goes. */
function flowSession({ userId, sessionId, proves }: FlowSession): FlowSession {
  return { userId, sessionId, ...(proves && { proves }) };
}
