import { standardProfile, text, yes } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES } from '../provider-variables.ts';

/** The tenant of personal accounts, whose addresses Microsoft itself has verified. */
const PERSONAL_ACCOUNTS = '9188040d-6c67-4c5b-b112-36a304b66dad';

/**
 * Microsoft, work and personal accounts: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc. Anybody
 * who runs a tenant can write any address into its users, so `email` proves nothing, unless the optional claim
 * `xms_edov` says that the owner of the address's domain is verified. `sub` is known within a tenant.
 */
export const microsoft: OAuthProvider = {
  id: 'microsoft',
  name: 'Microsoft',
  doc: 'From the Entra admin center, *App registrations*, platform *Web*. Add the optional claims `email` and `xms_edov` to the ID token: without the second, the addresses of work accounts count as unverified. For one tenant only set `MICROSOFT_ISSUER=https://login.microsoftonline.com/TENANT/v2.0`.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    authorization: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    jwks: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
  },
  scopes: ['openid', 'email', 'profile'],
  clientAuthentication: 'body',
  parameters: { prompt: 'select_account' },
  profile(claims) {
    const tenant = text(claims, 'tid');
    const subject = text(claims, 'sub');
    return {
      ...standardProfile(claims),
      subject: tenant && subject ? `${tenant}.${subject}` : '',
      emailVerified: tenant === PERSONAL_ACCOUNTS || yes(claims, 'xms_edov'),
    };
  },
};
