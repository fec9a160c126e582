import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES } from '../provider-variables.ts';
import { oidc } from './oidc.ts';

/** GitLab, by OpenID Connect: https://docs.gitlab.com/integration/openid_connect_provider/ */
export const gitlab: OAuthProvider = {
  ...oidc,
  id: 'gitlab',
  name: 'GitLab',
  doc: 'From GitLab, *Applications*: confidential, with the scopes `openid email profile`. For your own server set `GITLAB_ISSUER` and the endpoints.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    issuer: 'https://gitlab.com',
    authorization: 'https://gitlab.com/oauth/authorize',
    token: 'https://gitlab.com/oauth/token',
    userinfo: 'https://gitlab.com/oauth/userinfo',
    jwks: 'https://gitlab.com/oauth/discovery/keys',
  },
};
