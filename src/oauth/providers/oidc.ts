import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { standardProfile } from '../claims.ts';
import type { Claims, OAuthProvider } from '../port.ts';
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
  clientAuthentication: 'basic',
  readClaims: async (read, { userinfo }, claims) => {
    // Many issuers tell address and name only there.
    if (!userinfo || (claims.email !== undefined && claims.name !== undefined)) return claims;
    const said = z.looseObject({ sub: z.string() }).parse(await read(userinfo));
    // OpenID Connect Core 1.0, 5.3.2: the answer could be about somebody else.
    if (said.sub !== claims.sub) return claims;
    const { email, email_verified, ...others } = said as Claims;
    // That one address is verified says nothing of another.
    const isSame = claims.email === undefined || claims.email === email;
    return { ...others, ...(isSame && { email, email_verified }), ...claims };
  },
  profile: standardProfile,
};
