import { z } from 'zod';
import { text } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES } from '../provider-variables.ts';

const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/**
 * GitHub, by OAuth 2 and its REST API:
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps. The profile shows an address
 * that its owner chose to show; the list of addresses says which are verified, and the primary one counts.
 */
export const github: OAuthProvider = {
  id: 'github',
  name: 'GitHub',
  doc: 'From GitHub, *Settings*, *Developer settings*, *OAuth Apps*. The primary address counts, if it is verified.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    authorization: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    userinfo: 'https://api.github.com/user',
  },
  scopes: ['read:user', 'user:email'],
  clientAuthentication: 'body',
  async readClaims(read, { userinfo }) {
    const [user, emails] = await Promise.all([read(`${userinfo}`), read(`${userinfo}/emails`)]);
    return { ...z.looseObject({ id: z.int() }).parse(user), emails: Emails.parse(emails) };
  },
  profile(claims) {
    const emails = Emails.parse(claims.emails);
    const email =
      emails.find(({ primary, verified }) => primary && verified) ?? emails.find((one) => one.primary);
    return {
      subject: String(claims.id),
      email: email?.email ?? null,
      emailVerified: email?.verified === true,
      name: text(claims, 'name') ?? text(claims, 'login'),
      givenName: null,
      familyName: null,
      picture: text(claims, 'avatar_url'),
      locale: null,
    };
  },
};
