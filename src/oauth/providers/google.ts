import { askUserinfo, standardProfile } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES } from '../provider-variables.ts';

/** Google, by OpenID Connect: https://developers.google.com/identity/openid-connect/openid-connect */
export const google: OAuthProvider = {
  id: 'google',
  name: 'Google',
  doc: 'From the Google Cloud console, *Clients*: a web application.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    issuer: 'https://accounts.google.com',
    authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    jwks: 'https://www.googleapis.com/oauth2/v3/certs',
  },
  scopes: ['openid', 'email', 'profile'],
  clientAuthentication: 'body',
  // Somebody with two accounts is asked which.
  parameters: { prompt: 'select_account' },
  offlineParameters: { access_type: 'offline', prompt: 'consent select_account' },
  readClaims: askUserinfo,
  profile: standardProfile,
};
