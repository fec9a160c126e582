import type { SessionObjects } from '../account/contract.ts';
import { directoryState } from '../directory/service.ts';
import { ApiError, accepted, fieldError } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { appRedirect, comeBack } from './callback.ts';
import type { AuthorizationCodes } from './code-service.ts';
import { type Departure, depart, destination } from './departure.ts';
import { type Flow, openFlow } from './flow.ts';
import type { Identities } from './identity-service.ts';
import type { AccountLinks } from './link-service.ts';
import type { Arrival } from './port.ts';
import { ProviderKeys } from './provider-keys.ts';
import type { Providers } from './registry.ts';
import type { AuthorizationResponse } from './schemas.ts';

/** RFC 8176 has no value for it: somebody else has looked, we do not know how. */
const METHODS = ['fed'];

/** How a flow ended: the browser goes there, with a session of its own or without. */
export interface Finished {
  redirectTo: string;
  signedIn: SignedIn | null;
}

export interface OAuthDependencies {
  sessions: Sessions;
  objects: SessionObjects;
  providers: Providers;
  codes: AuthorizationCodes;
  identities: Identities;
  links: AccountLinks;
  origin: string;
  /** Encrypts what lies in cookies for ten minutes. */
  flowKey: Buffer;
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
    return openFlow(this.#deps.flowKey, { realmId: realm.id, provider, state }, cookie);
  }

  /**
   * Ends a flow: signs in, or links. Throws `provider_denied`, `provider_rejected`, `provider_unavailable`,
   * `oauth_state_invalid`, `account_suspended`, `email_not_verified`, `session_ended`, and as Identities does.
   */
  async finish(
    realm: Realm,
    flow: Flow,
    parameters: AuthorizationResponse,
    client: Client,
  ): Promise<Finished> {
    const { links, providers } = this.#deps;
    const configured = await providers.get(realm, flow.provider);
    const arrival = await comeBack(configured, flow, parameters, this.#keys);
    if (!flow.link) return this.#signIn(realm, flow, arrival, client);
    return { redirectTo: await links.finish(realm, flow, flow.link, arrival, client), signedIn: null };
  }

  async #signIn(realm: Realm, flow: Flow, arrival: Arrival, client: Client): Promise<Finished> {
    const { codes, identities, objects, sessions } = this.#deps;
    const { user, isNew } = await identities.resolve(realm, arrival, client);
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    if (realm.registration === 'verify_first' && !user.emailVerified)
      throw new ApiError('email_not_verified');
    const activity = isNew ? 'registered' : 'signed_in';
    const { redirectTo, app } = flow;
    if (app) {
      const { challenge, state } = app;
      const code = await codes.issue({
        user,
        realm,
        redirectTo,
        challenge,
        methods: METHODS,
        activity,
      });
      return { redirectTo: appRedirect(realm, redirectTo, state, { code }), signedIn: null };
    }
    const opened = accepted(
      await objects(user.id).open(directoryState(user), {
        client,
        methods: METHODS,
        lifetimes: realm.lifetimes,
        activity,
      }),
    );
    return { redirectTo, signedIn: { user, grant: await sessions.grant(realm, opened) } };
  }
}
