import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { standardProfile } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';

const ISSUER = 'https://appleid.apple.com';

const part = z.string().optional();
const User = z
  .string()
  .transform((json, context) => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ name: z.object({ firstName: part, lastName: part }) }));

/**
 * Apple: https://developer.apple.com/documentation/signinwithapple. It posts back, because a scope is asked for; it
 * tells the name at the first sign-in only, beside the code and unsigned; its client secret is a JWT of a key of ours.
 */
export const apple: OAuthProvider = {
  id: 'apple',
  name: 'Apple',
  doc: 'From Apple Developer: a *Services ID* with Sign in with Apple, and a key.',
  variables: {
    CLIENT_ID: variable({ schema: z.string(), doc: 'the identifier of the Services ID.' }),
    TEAM_ID: variable({ schema: z.string(), doc: 'the id of the team.' }),
    KEY_ID: variable({ schema: z.string(), doc: 'the id of the private key.' }),
    PRIVATE_KEY: variable({
      schema: z.string().includes('-----BEGIN PRIVATE KEY-----', 'must be a private key in PEM (PKCS #8)'),
      secret: true,
      doc: 'the PEM of the `.p8` file; `\\n` may stand for its line ends.',
    }),
  },
  endpoints: {
    issuer: ISSUER,
    authorization: `${ISSUER}/auth/authorize`,
    token: `${ISSUER}/auth/token`,
    jwks: `${ISSUER}/auth/keys`,
  },
  scopes: ['openid', 'name', 'email'],
  clientAuthentication: 'body',
  responseMode: 'form_post',
  readUser(user) {
    const { firstName, lastName } = User.safeParse(user).data?.name ?? {};
    return {
      name: [firstName, lastName].filter(Boolean).join(' ') || undefined,
      given_name: firstName,
      family_name: lastName,
    };
  },
  profile: standardProfile,
  async clientSecret({ CLIENT_ID = '', TEAM_ID = '', KEY_ID = '', PRIVATE_KEY = '' }, now) {
    const key = await importPKCS8(PRIVATE_KEY.replaceAll('\\n', '\n'), 'ES256');
    return new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
      .setIssuer(TEAM_ID)
      .setSubject(CLIENT_ID)
      .setAudience(ISSUER)
      .setIssuedAt(Math.floor(now / SECOND))
      .setExpirationTime(Math.floor((now + 5 * MINUTE) / SECOND))
      .sign(key);
  },
};
