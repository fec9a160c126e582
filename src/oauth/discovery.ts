import { z } from 'zod';
import { HOUR } from '../lib/time.ts';
import type { Endpoints, OAuthProvider } from './port.ts';
import { ProviderFailure } from './provider-failure.ts';
import { requestJson } from './provider-http.ts';

const CACHE = HOUR;

const endpoint = z.url({ protocol: /^https?$/ });
const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic']),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
});

/** What an issuer says of itself. */
export interface Discovered {
  endpoints: Endpoints;
  clientAuthentication: OAuthProvider['clientAuthentication'];
}

/** The metadata of OpenID Connect issuers (Discovery 1.0); each isolate keeps what it read for an hour. */
export class Discovery {
  readonly #known = new Map<string, { discovered: Discovered; until: number }>();

  /** Throws ProviderFailure `provider_unavailable`, also when the metadata is that of another issuer. */
  async read(issuer: string): Promise<Discovered> {
    const now = Date.now();
    const known = this.#known.get(issuer);
    if (known && now < known.until) return known.discovered;
    const { status, body } = await requestJson(
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      {},
    );
    const metadata = Metadata.safeParse(body);
    if (status !== 200 || !metadata.success || metadata.data.issuer !== issuer) {
      throw new ProviderFailure('provider_unavailable', `metadata of ${issuer}: status ${status}`);
    }
    const { data } = metadata;
    // A key set or token endpoint in plain text could be anybody's.
    const urls = [data.authorization_endpoint, data.token_endpoint, data.jwks_uri, data.userinfo_endpoint];
    if (issuer.startsWith('https:') && urls.some((url) => url?.startsWith('http:'))) {
      throw new ProviderFailure('provider_unavailable', `metadata of ${issuer}: not https`);
    }
    const discovered: Discovered = {
      endpoints: {
        issuer,
        authorization: data.authorization_endpoint,
        token: data.token_endpoint,
        jwks: data.jwks_uri,
        ...(data.userinfo_endpoint && { userinfo: data.userinfo_endpoint }),
        namesIssuer: data.authorization_response_iss_parameter_supported,
      },
      clientAuthentication: data.token_endpoint_auth_methods_supported.includes('client_secret_basic')
        ? 'basic'
        : 'body',
    };
    this.#known.set(issuer, { discovered, until: now + CACHE });
    return discovered;
  }
}
