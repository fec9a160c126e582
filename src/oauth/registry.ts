import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { Discovery } from './discovery.ts';
import type { ConfiguredProvider, Endpoints, OAuthProvider } from './port.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { apple } from './providers/apple.ts';
import { discord } from './providers/discord.ts';
import { github } from './providers/github.ts';
import { gitlab } from './providers/gitlab.ts';
import { google } from './providers/google.ts';
import { microsoft } from './providers/microsoft.ts';
import { oidc } from './providers/oidc.ts';

/** The providers that are known by name, in the order in which to show them. A new one is a file of its own and a line here. */
export const PROVIDERS: readonly OAuthProvider[] = [google, apple, microsoft, github, gitlab, discord];

/** The providers that are switched on, realm by realm. */
export class Providers {
  readonly #settings: readonly ProviderSettings[];
  readonly #discovery = new Discovery();

  constructor(settings: readonly ProviderSettings[]) {
    this.#settings = settings;
  }

  /** Those of a realm, in the order in which to show them. */
  list(realmId: string): { id: string; name: string }[] {
    return this.#settings
      .filter((settings) => settings.realmId === realmId)
      .map(({ id, provider, values }) => ({ id, name: values.NAME ?? provider?.name ?? id }));
  }

  /** One of a realm. Throws `provider_not_found`, ProviderFailure when its metadata cannot be read. */
  async get(realm: Realm, id: string): Promise<ConfiguredProvider> {
    const settings = this.#settings.find((one) => one.realmId === realm.id && one.id === id);
    if (!settings) throw new ApiError('provider_not_found');
    const { values } = settings;
    const provider = await this.#provider(settings);
    const { clientSecret } = provider;
    return {
      provider,
      endpoints: overridden(provider.endpoints, values),
      clientId: values.CLIENT_ID as string,
      moreScopes: values.SCOPES?.split(/\s+/).filter(Boolean) ?? [],
      clientSecret: async (now) =>
        clientSecret ? clientSecret(values, now) : (values.CLIENT_SECRET as string),
      redirectUri: values.REDIRECT_URI ?? `${realm.issuer}/v1/oauth/${id}/callback`,
    };
  }

  async #provider({ id, provider, values }: ProviderSettings): Promise<OAuthProvider> {
    if (provider) return provider;
    const discovered = await this.#discovery.read(values.ISSUER as string);
    return { ...oidc, id, name: values.NAME ?? id, doc: '', ...discovered };
  }
}

function overridden(endpoints: Endpoints, values: ProviderSettings['values']): Endpoints {
  const { ISSUER, AUTHORIZATION_ENDPOINT, TOKEN_ENDPOINT, USERINFO_ENDPOINT, JWKS_URI } = values;
  return {
    ...endpoints,
    ...(ISSUER && { issuer: ISSUER }),
    ...(AUTHORIZATION_ENDPOINT && { authorization: AUTHORIZATION_ENDPOINT }),
    ...(TOKEN_ENDPOINT && { token: TOKEN_ENDPOINT }),
    ...(USERINFO_ENDPOINT && { userinfo: USERINFO_ENDPOINT }),
    ...(JWKS_URI && { jwks: JWKS_URI }),
  };
}
