import { generateKeyPairSync } from 'node:crypto';
import { createEmulator } from 'emulate';
import { startBroken, startFailing } from './broken-oidc.ts';
import { startHttp } from './http.ts';
import { startStrict } from './oidc.ts';
import { BROKEN_TOKENS, type OAuthPeers, PROVIDER_FAULTS, STRICT_CLIENT } from './ports.ts';

/** Users that every emulator knows, `user01@…` to `user40@…`: a test takes one that no other test of its file takes. */
export const USERS = Array.from({ length: 40 }, (_, n) => `user${String(n + 1).padStart(2, '0')}`);

const CLIENT = { client_id: 'latchkey', client_secret: 'sécret: with spaces', name: 'Latchkey' };

/** Starts Google, GitHub, Apple and Microsoft, each knowing these callback URLs' origins and realms. */
export async function startOAuth(issuers: string[]) {
  const uris = (id: string) =>
    issuers.flatMap((issuer) => [`${issuer}/v1/oauth/${id}/callback`, `${issuer}/api/oauth/callback/${id}`]);
  const people = (domain: string) =>
    USERS.map((name) => ({
      email: `${name}@${domain}`,
      name: `Ada ${name}`,
      given_name: 'Ada',
      family_name: name,
    }));
  const [google, github, apple, microsoft, strict, broken, failing] = await Promise.all([
    createEmulator({
      service: 'google',
      port: 0,
      seed: {
        google: {
          users: [
            ...people('gmail.example'),
            { email: 'unverified@gmail.example', name: 'Un Verified', email_verified: false },
          ],
          oauth_clients: [{ ...CLIENT, redirect_uris: uris('google') }],
        },
      },
    }),
    createEmulator({
      service: 'github',
      port: 0,
      seed: {
        github: {
          users: USERS.map((login) => ({ login, name: `Ada ${login}`, email: `${login}@github.example` })),
          oauth_apps: [{ ...CLIENT, redirect_uris: uris('github') }],
        },
      },
    }),
    createEmulator({
      service: 'apple',
      port: 0,
      seed: {
        apple: {
          users: people('icloud.example'),
          oauth_clients: [
            { client_id: 'latchkey', team_id: 'TEAM123456', name: 'Latchkey', redirect_uris: uris('apple') },
          ],
        },
      },
    }),
    createEmulator({
      service: 'microsoft',
      port: 0,
      seed: {
        microsoft: {
          users: [
            ...people('outlook.example'),
            // Of a tenant that anybody could run: its addresses prove nothing.
            {
              email: 'user01@gmail.example',
              name: 'Mallory',
              tenant_id: '11111111-2222-3333-4444-555555555555',
            },
          ],
          oauth_clients: [{ ...CLIENT, redirect_uris: uris('microsoft') }],
        },
      },
    }),
    startStrict([...uris('strict'), `${issuers[0]}/realms/vault/v1/oauth/strict/callback`]),
    startBroken(),
    startFailing(),
  ]);
  const githubApi = await startGithubApi(github.url);
  const peers: OAuthPeers = {
    google: google.url,
    github: github.url,
    githubApi: githubApi.url,
    apple: apple.url,
    microsoft: microsoft.url,
    strict: strict.url,
    broken: broken.url,
    failing: failing.url,
  };
  return {
    peers,
    async stop() {
      await Promise.all([google, github, apple, microsoft].map((emulator) => emulator.close()));
      await Promise.all([githubApi, strict, broken, failing].map((server) => server.stop()));
    },
  };
}

/** Addresses of users of GitHub for whom the emulator, which knows one verified address each, cannot stand. */
const ADDRESSES: Record<string, { email: string; primary: boolean; verified: boolean }[]> = {
  user31: [
    { email: 'old@github.example', primary: false, verified: true },
    { email: 'other@github.example', primary: false, verified: false },
    { email: 'Main.Address@github.example', primary: true, verified: true },
  ],
  user32: [
    { email: 'primary@github.example', primary: true, verified: false },
    { email: 'verified@github.example', primary: false, verified: true },
  ],
  user33: [],
  user34: [{ email: 'shared@strict.example', primary: true, verified: true }],
};

/** The emulated API, but for the addresses of these users. */
async function startGithubApi(emulator: string) {
  const server = await startHttp(async ({ path, headers: { authorization = '' } }) => {
    const ask = (what: string) => fetch(emulator + what, { headers: { authorization } });
    const { login } = (await (await ask('/user')).json()) as { login: string };
    const own = path === '/user/emails' ? ADDRESSES[login] : undefined;
    if (own) return { status: 200, body: JSON.stringify(own) };
    const answer = await ask(path);
    return { status: answer.status, body: await answer.text() };
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: server.stop };
}

/** The variables that switch these providers on, in the default realm. */
export function oauthVariables(peers: OAuthPeers): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { client_id: id, client_secret: secret } = CLIENT;
  const { google, github, githubApi, apple, microsoft, strict, broken, failing } = peers;
  return {
    GOOGLE_CLIENT_ID: id,
    GOOGLE_CLIENT_SECRET: secret,
    GOOGLE_ISSUER: google,
    GOOGLE_AUTHORIZATION_ENDPOINT: `${google}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_ENDPOINT: `${google}/oauth2/token`,
    GOOGLE_JWKS_URI: `${google}/oauth2/v3/certs`,
    GITHUB_CLIENT_ID: id,
    GITHUB_CLIENT_SECRET: secret,
    GITHUB_AUTHORIZATION_ENDPOINT: `${github}/login/oauth/authorize`,
    GITHUB_TOKEN_ENDPOINT: `${github}/login/oauth/access_token`,
    GITHUB_USERINFO_ENDPOINT: `${githubApi}/user`,
    APPLE_CLIENT_ID: id,
    APPLE_TEAM_ID: 'TEAM123456',
    APPLE_KEY_ID: 'KEY1234567',
    APPLE_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    APPLE_ISSUER: apple,
    APPLE_AUTHORIZATION_ENDPOINT: `${apple}/auth/authorize`,
    APPLE_TOKEN_ENDPOINT: `${apple}/auth/token`,
    APPLE_JWKS_URI: `${apple}/auth/keys`,
    MICROSOFT_CLIENT_ID: id,
    MICROSOFT_CLIENT_SECRET: secret,
    MICROSOFT_ISSUER: `${microsoft}/{tenantid}/v2.0`,
    MICROSOFT_AUTHORIZATION_ENDPOINT: `${microsoft}/oauth2/v2.0/authorize`,
    MICROSOFT_TOKEN_ENDPOINT: `${microsoft}/oauth2/v2.0/token`,
    MICROSOFT_JWKS_URI: `${microsoft}/discovery/v2.0/keys`,
    ...oidcVariables('', { strict: { issuer: strict, ...STRICT_CLIENT, name: 'Strict' } }),
    // Of a realm whose services use what users have there.
    ...oidcVariables('__VAULT', { strict: { issuer: strict, ...STRICT_CLIENT, name: 'Strict' } }),
    OIDC_STRICT_SCOPES__VAULT: 'offline_access',
    ...oidcVariables(
      '__BROKEN',
      Object.fromEntries(
        ['sound', ...BROKEN_TOKENS].map((name) => [name, { issuer: broken, id: name, secret: 'x', name }]),
      ),
    ),
    ...oidcVariables(
      '__FAILING',
      Object.fromEntries(
        PROVIDER_FAULTS.map((name) => [name, { issuer: `${failing}/${name}`, id: 'x', secret: 'x', name }]),
      ),
    ),
  };
}

function oidcVariables(
  suffix: string,
  issuers: Record<string, { issuer: string; id: string; secret: string; name: string }>,
): Record<string, string> {
  const variables: Record<string, string> = { [`OIDC_PROVIDERS${suffix}`]: Object.keys(issuers).join(',') };
  for (const [name, { issuer, id, secret, name: shown }] of Object.entries(issuers)) {
    const prefix = `OIDC_${name.toUpperCase().replaceAll('-', '_')}`;
    variables[`${prefix}_ISSUER${suffix}`] = issuer;
    variables[`${prefix}_CLIENT_ID${suffix}`] = id;
    variables[`${prefix}_CLIENT_SECRET${suffix}`] = secret;
    variables[`${prefix}_NAME${suffix}`] = shown;
  }
  return variables;
}
