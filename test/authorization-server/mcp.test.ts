import { exports } from 'cloudflare:workers';
import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Hono } from 'hono';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { call, createApiKey, createRealm, freshAddress, INTERNAL, ORIGIN } from '../support/api.ts';
import { mcpServer } from '../support/mcp-server.ts';
import { CALLBACK, claimsOf } from '../support/oauth-client.ts';
import { open, submit, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'mcp';
const RESOURCE = 'https://notes.example/mcp';
const ISSUER = `${ORIGIN}/realms/${REALM}`;
const address = freshAddress();
let server: Hono;
let service: Record<string, string>;

beforeAll(async () => {
  await createRealm(REALM, { client_registration: '["dynamic","document"]' });
  service = (await createApiKey(['usage:write'], { realm: REALM })).headers;
  const { body } = await call('POST', '/v1/admin/protected-resources', {
    realm: REALM,
    headers: INTERNAL,
    body: { name: 'Notes', resource: RESOURCE, scopes: ['notes:write'], open: true },
  });
  server = mcpServer({
    resource: RESOURCE,
    metadataUrl: `${ISSUER}/.well-known/oauth-protected-resource/${body.id}`,
    scope: 'notes:write',
    authorize: async (asked) =>
      (await call('POST', '/v1/authorize', { realm: REALM, headers: service, body: asked })).body,
  });
});

/** The network of the client: the MCP server, and Latchkey. */
async function network(url: string | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(url, init);
  const { origin } = new URL(request.url);
  if (origin === new URL(RESOURCE).origin) return server.fetch(request);
  if (origin !== ORIGIN) throw new Error(`nobody is at ${origin}`);
  request.headers.set('cf-connecting-ip', address);
  return exports.default.fetch(request);
}

/** What the official client keeps, and where it sends its user. */
class Keeper implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'Sample MCP client',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  readonly clientMetadataUrl?: string;
  asked: URL | undefined;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  constructor(clientMetadataUrl?: string) {
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl;
  }
  clientInformation = () => this.#client;
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.#client = client;
  }
  tokens = () => this.#tokens;
  saveTokens(tokens: OAuthTokens) {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.asked = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier = () => this.#verifier;
}

/** Says yes on the page where the client sent its user, and gives the code that comes back. */
async function allow(asked: URL, { cookie, user }: Visitor): Promise<string> {
  const page = await open(asked.pathname + asked.search, { cookie }, { accept: 'text/html' });
  expect(page.status, page.body).toBe(200);
  const [, action = ''] = /action="([^"]*\/oauth2\/consent[^"]*)"/.exec(page.body) ?? [];
  const answer = await submit(
    action.replaceAll('&amp;', '&'),
    { decision: 'allow', user: user.user.id },
    { cookie },
  );
  const back = new URL(answer.headers.get('location') as string);
  expect(back.searchParams.get('iss')).toBe(ISSUER);
  return back.searchParams.get('code') as string;
}

const transportOf = (keeper: Keeper) =>
  new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: keeper, fetch: network });
const newClient = () => new Client({ name: 'sample', version: '1.0.0' });

describe.each([
  ['registers itself', () => new Keeper()],
  [
    'is known by a document',
    () => new Keeper(`https://127.0.0.1:${inject('peers').clientDocuments}/${crypto.randomUUID()}.json`),
  ],
])('an MCP client that %s', (_, newKeeper) => {
  it('finds its way from a 401 to a metered tool, and is out with the next request', async () => {
    const who = await visitor({}, { realm: REALM });
    const keeper = newKeeper();
    const first = transportOf(keeper);
    await expect(newClient().connect(first)).rejects.toThrow(UnauthorizedError);
    const asked = keeper.asked as URL;
    expect(asked.href.startsWith(`${ISSUER}/oauth2/authorize?`), asked.href).toBe(true);
    expect(asked.searchParams.get('resource')).toBe(RESOURCE);
    if (keeper.clientMetadataUrl) expect(asked.searchParams.get('client_id')).toBe(keeper.clientMetadataUrl);
    await first.finishAuth(await allow(asked, who));
    const { access_token } = keeper.tokens() as OAuthTokens;
    expect(claimsOf(access_token)).toMatchObject({ aud: RESOURCE, scope: 'notes:write', iss: ISSUER });

    const client = newClient();
    await client.connect(transportOf(keeper) as never);
    const note = () => client.callTool({ name: 'take_note', arguments: { text: 'milk' } });
    expect(await note()).toMatchObject({ content: [{ type: 'text', text: 'kept: milk' }] });
    const quota = await call('GET', '/v1/me/quota', { realm: REALM, token: who.user.access_token });
    expect(quota.body.resources.messages).toMatchObject({ used: 1 });
    // It is for this server alone.
    expect((await call('GET', '/v1/me', { realm: REALM, token: access_token })).status).toBe(401);

    const { client_id: app } = claimsOf(access_token);
    await submit('/account/apps', { form: 'disconnect', app }, who);
    await expect(note()).rejects.toThrow(UnauthorizedError);
  });
});
