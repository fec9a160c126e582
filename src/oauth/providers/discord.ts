import { z } from 'zod';
import { text, yes } from '../claims.ts';
import type { OAuthProvider } from '../port.ts';
import { CLIENT_VARIABLES } from '../provider-variables.ts';

/** Discord, by OAuth 2 and its API: https://discord.com/developers/docs/topics/oauth2 */
export const discord: OAuthProvider = {
  id: 'discord',
  name: 'Discord',
  doc: 'From Discord, *Developer Portal*, *OAuth2*.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    authorization: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    userinfo: 'https://discord.com/api/users/@me',
  },
  scopes: ['identify', 'email'],
  clientAuthentication: 'body',
  async readClaims(read, { userinfo }) {
    return z.looseObject({ id: z.string().min(1) }).parse(await read(`${userinfo}`));
  },
  profile(claims) {
    const [id, avatar] = [text(claims, 'id') ?? '', text(claims, 'avatar')];
    return {
      subject: id,
      email: text(claims, 'email'),
      emailVerified: yes(claims, 'verified'),
      name: text(claims, 'global_name') ?? text(claims, 'username'),
      givenName: null,
      familyName: null,
      picture: avatar && `https://cdn.discordapp.com/avatars/${id}/${avatar}.png`,
      locale: text(claims, 'locale'),
    };
  },
};
