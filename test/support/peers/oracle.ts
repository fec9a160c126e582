import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors, interactionPolicy } from 'oidc-provider';
import { quietly } from './oidc.ts';

const CALLBACK = 'https://app.example.com/callback';
const SECRET = 'a secret: with / + and spaces';
const ALL = ['authorization_code', 'refresh_token'];

/** A certified provider that does what it can as Latchkey does, and the registrations at it: what it answers is held against ours. */
export interface OraclePeer {
  url: string;
  clients: Record<string, { client_id: string; client_secret: string }>;
  /** The private key of the client `keyed`, as a JWK. */
  privateKey: Record<string, unknown>;
}

/** Starts it. Who is sent to sign in is signed in at once, as `somebody`, and has allowed everything. */
export async function startOracle(): Promise<{ peer: OraclePeer; stop(): Promise<void> }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = await generateKeyPair('ES256', { extractable: true });
  const publicKey = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const registered = registrations({ keys: [publicKey] });
  const own = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
  const jwks = { keys: [{ ...own, kid: 'own', alg: 'ES256', use: 'sig' }] };
  const provider = quietly(() => new Provider(url, { ...configuration(registered), jwks }));
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) void finish(provider, request, response);
    else handle(request, response);
  });
  const clients = Object.fromEntries(
    registered.map(({ client_id }) => [client_id, { client_id, client_secret: SECRET }]),
  );
  return {
    peer: { url, clients, privateKey: { ...(await exportJWK(keys.privateKey)) } },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function registrations(jwks: object): ({ client_id: string } & Record<string, unknown>)[] {
  const web = {
    client_secret: SECRET,
    redirect_uris: [CALLBACK],
    grant_types: ALL,
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    scope: 'openid profile email offline_access',
  };
  const machine = { ...web, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };
  return [
    { ...web, client_id: 'spa', token_endpoint_auth_method: 'none' },
    { ...web, client_id: 'other', token_endpoint_auth_method: 'none' },
    { ...web, client_id: 'web', token_endpoint_auth_method: 'client_secret_basic' },
    { ...web, client_id: 'posting', token_endpoint_auth_method: 'client_secret_post' },
    { ...web, client_id: 'brief', token_endpoint_auth_method: 'none' },
    { ...machine, client_id: 'machine', scope: 'read', token_endpoint_auth_method: 'client_secret_basic' },
    {
      ...machine,
      client_id: 'keyed',
      scope: 'read',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks,
    },
  ];
}

/** What stands for it in Latchkey is said beside each entry where the name does not. */
function configuration(clients: object[]): Record<string, unknown> {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }));
  policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }));
  return {
    clients,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    scopes: ['openid', 'offline_access', 'read'],
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, email: `${id}@example.com`, email_verified: true }),
    }),
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    issueRefreshToken: async (_: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // A first-party client: nobody is asked.
    loadExistingGrant: async (context: OracleContext) => {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile email offline_access');
      grant.addOIDCClaims(['email', 'email_verified', 'name']);
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // Their own tokens.
        allowedPolicy: (
          _: unknown,
          client: { clientId: string; clientAuthMethod: string },
          token: { clientId: string },
        ) => client.clientAuthMethod !== 'none' && token.clientId === client.clientId,
      },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      claimsParameter: { enabled: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 1), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: () => {
          throw new errors.InvalidTarget();
        },
      },
    },
    enableHttpPostMethods: true,
    acrValues: ['aal1', 'aal2'],
    renderError: (context: { type: string; body: string }, { error }: { error: string }) => {
      context.type = 'html';
      context.body = `<p>${error}</p>`;
    },
    interactions: { policy, url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      pushed_authorization_request: '/oauth2/par',
      introspection: '/oauth2/introspect',
      revocation: '/oauth2/revoke',
      userinfo: '/oauth2/userinfo',
    },
    cookies: { keys: ['of the peer'], long: { sameSite: 'none' } },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: (_: unknown, __: unknown, { clientId }: { clientId: string }) =>
        clientId === 'brief' ? 1 : 60,
      ClientCredentials: 600,
      Grant: 3600,
      IdToken: 600,
      Interaction: 3600,
      RefreshToken: 3600,
      Session: 3600,
    },
  };
}

interface OracleContext {
  oidc: {
    client: { clientId: string };
    session: { accountId: string };
    provider: {
      Grant: new (
        of: object,
      ) => {
        addOIDCScope(scope: string): void;
        addOIDCClaims(claims: string[]): void;
        save(): Promise<string>;
      };
    };
  };
}

/** Does at once what its prompt asks of a user. */
async function finish(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { prompt } = await provider.interactionDetails(request, response);
    const login = { accountId: 'somebody', amr: ['pwd'], acr: 'aal1' };
    await provider.interactionFinished(request, response, {
      ...(prompt.name === 'login' && { login }),
      [prompt.name]: prompt.name === 'login' ? login : {},
    });
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}
