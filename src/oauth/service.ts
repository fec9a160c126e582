import type { OpenedSession, SessionObjects } from '../account/contract.ts';
import type { Keyring } from '../crypto/keys.ts';
import type { Directory } from '../directory/service.ts';
import { mustProveAddress } from '../directory/state.ts';
import { ApiError, accepted, fieldError, isRefusal } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import type { Grant, Sessions } from '../sessions/service.ts';
import { appRedirect, comeBack } from './callback.ts';
import type { AuthorizationCodes } from './code-service.ts';
import { type Departure, depart, destination } from './departure.ts';
import { type Flow, openFlow } from './flow.ts';
import type { Identities } from './identity-service.ts';
import type { AccountLinks } from './link-service.ts';
import { type FlowOutcome, finishOnce } from './outcome.ts';
import type { Arrival } from './port.ts';
import { staleFlow } from './provider-failure.ts';
import { ProviderKeys } from './provider-keys.ts';
import type { Providers } from './registry.ts';
import type { AuthorizationResponse } from './schemas.ts';

/** RFC 8176 has no value for it: somebody else has looked, we do not know how. */
const METHODS = ['fed'];

/** Where the browser goes after a flow, and its session if it has one; `first` when nobody has come back with it before. */
export interface Finished {
  redirectTo: string;
  grant: Grant | null;
  first: boolean;
}

export interface OAuthDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Pick<Directory, 'stateOf'>;
  objects: SessionObjects;
  providers: Providers;
  codes: AuthorizationCodes;
  identities: Identities;
  links: AccountLinks;
  origin: string;
  /** Encrypts what lies in cookies for ten minutes. */
  flowKeys: Keyring;
}

/** Sign-in at other providers. */
export class OAuth {
  readonly #deps: OAuthDependencies;
  readonly #keys = new ProviderKeys();

  constructor(deps: OAuthDependencies) {
    this.#deps = deps;
  }

  /** The providers that are switched on in a realm. */
  providers(realm: Realm): { id: string; name: string }[] {
    return this.#deps.providers.list(realm.id);
  }

  /**
   * Begins a sign-in; with an app's challenge it ends with a code for the app, else with a session of the browser.
   * Throws `provider_not_found`, `redirect_not_allowed`, `validation_failed`, `provider_unavailable`.
   */
  async start(
    realm: Realm,
    provider: string,
    request: { redirectTo: string | undefined; app: Flow['app'] },
  ): Promise<Departure> {
    const { origin } = this.#deps;
    const { redirectTo, app } = request;
    if (redirectTo === undefined && app) {
      throw fieldError('redirect_to', 'required', 'Is needed with code_challenge');
    }
    const target =
      redirectTo === undefined
        ? `${realm.issuer}/account`
        : destination(realm, origin, redirectTo, app !== null);
    return depart(this.#deps, realm, { realmId: realm.id, provider, redirectTo: target, app, link: null });
  }

  /** The flow that a browser has come back with. Throws `oauth_state_invalid`. */
  open(realm: Realm, provider: string, state: string | undefined, cookie: string | undefined): Promise<Flow> {
    return openFlow(this.#deps.flowKeys, { realmId: realm.id, provider, state }, cookie);
  }

  /**
   * Ends a flow: signs in, or links. Whoever comes back with it again gets the same, a session too while that lives. Throws `provider_denied`, `provider_rejected`, `provider_unavailable`,
   * `oauth_state_invalid`, `account_suspended`, `email_not_verified`, `session_ended`, and as Identities does.
   */
  async finish(
    realm: Realm,
    flow: Flow,
    parameters: AuthorizationResponse,
    client: Client,
  ): Promise<Finished> {
    if (Date.now() >= flow.expiresAt) throw staleFlow('expired');
    const { links, objects, providers, sessions } = this.#deps;
    let opened: OpenedSession | null = null;
    const { redirectTo, session, first } = await finishOnce(this.#deps, realm.id, flow, async () => {
      const configured = await providers.get(realm, flow.provider);
      const arrival = await comeBack(configured, flow, parameters, this.#keys);
      if (flow.link) {
        return { redirectTo: await links.finish(realm, flow, flow.link, arrival, client), session: null };
      }
      const signedIn = await this.#signIn(realm, flow, arrival, client);
      opened = signedIn.opened;
      return signedIn.outcome;
    });
    if (!session) return { redirectTo, grant: null, first };
    // Ended since: then it was not just finished.
    const resumed = opened ?? (await objects(session.userId).resume(session.sessionId));
    if (isRefusal(resumed)) throw staleFlow('the session has ended');
    return { redirectTo, grant: await sessions.grant(realm, resumed), first };
  }

  async #signIn(
    realm: Realm,
    flow: Flow,
    arrival: Arrival,
    client: Client,
  ): Promise<{ outcome: FlowOutcome; opened: OpenedSession | null }> {
    const { codes, directory, identities, objects } = this.#deps;
    const { user, isNew } = await identities.resolve(realm, arrival, client);
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    if (mustProveAddress(realm, user)) throw new ApiError('email_not_verified');
    const activity = isNew ? 'registered' : 'signed_in';
    const { redirectTo, app } = flow;
    if (app) {
      const { challenge, state } = app;
      const session = { client, methods: METHODS, activity } as const;
      const code = await codes.issueTo({ realm, redirectTo, challenge }, user, session);
      return {
        outcome: { redirectTo: appRedirect(realm, redirectTo, state, { code }), session: null },
        opened: null,
      };
    }
    const opened = accepted(
      await objects(user.id).open(directory.stateOf(user), {
        client,
        methods: METHODS,
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity,
      }),
    );
    const session = { userId: user.id, sessionId: opened.sessionId };
    return { outcome: { redirectTo, session }, opened };
  }
}
