import { variable } from '../../config/variable.ts';
import { askUserinfo, standardProfile } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES, endpoint } from '../provider-variables.ts';

/** What every OpenID Connect issuer has in common; the endpoints come by discovery. */
export const oidc: Omit<OAuthProvider, 'id' | 'name' | 'doc' | 'endpoints'> = {
  variables: {
    ISSUER: variable({
      schema: endpoint,
      doc: 'the issuer. The endpoints are read from its `/.well-known/openid-configuration`.',
    }),
    ...CLIENT_VARIABLES,
  },
  scopes: ['openid', 'email', 'profile'],
  // OpenID Connect Core 1.0, 11.
  offlineParameters: { prompt: 'consent' },
  clientAuthentication: 'basic',
  readClaims: askUserinfo,
  profile: standardProfile,
};
