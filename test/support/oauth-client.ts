import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type Answer, call, INTERNAL, ORIGIN } from './api.ts';
import { open, submit, type Visitor, visitor } from './visitor.ts';

export const CALLBACK = 'https://app.example.com/callback';

/** A client as the admin API gives it. */
export type MadeClient = Record<string, any> & { client_id: string; client_secret: string };

/** Registers a client; public and third-party unless told otherwise. */
export async function createClient(
  fields: Record<string, unknown> = {},
  realm?: string,
): Promise<MadeClient> {
  const body = {
    name: 'Photo Printer',
    token_endpoint_auth_method: 'none',
    redirect_uris: [CALLBACK],
    ...fields,
  };
  const answer = await call('POST', '/v1/admin/clients', { headers: INTERNAL, body, realm });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

/** PKCE (RFC 7636). */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The query of a request for authorization, right but for what is given; null leaves a parameter out. */
export function asking(
  client: { client_id: string },
  challenge: string,
  more: Record<string, string | null> = {},
): URLSearchParams {
  const query = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access',
    state: 'state of the app & more',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  };
  return new URLSearchParams(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** Asks the authorization endpoint as a browser does. */
export const authorize = (search: URLSearchParams, who: Partial<Visitor> = {}) =>
  open(`/oauth2/authorize?${search}`, who, { accept: 'text/html' });

/** Answers the question whether a client may. */
export const decide = (search: URLSearchParams, who: Visitor, decision: 'allow' | 'deny' = 'allow') =>
  submit(`/oauth2/consent?${search}`, { decision, user: who.user.user.id }, who, { accept: 'text/html' });

/** What came back to the client. */
export function backIn(answer: Answer<any>, to = CALLBACK): Record<string, string> {
  expect(answer.status, String(answer.body).slice(0, 500)).toBe(303);
  const location = answer.headers.get('location') as string;
  expect(location.startsWith(to), location).toBe(true);
  return Object.fromEntries(new URL(location).searchParams);
}

/** Asks an endpoint of the server with a form. */
export const post = (
  path: string,
  fields: Record<string, string> | [string, string][],
  options: { realm?: string | undefined; headers?: Record<string, string> } = {},
): Promise<Answer<any>> =>
  call('POST', `/oauth2/${path}`, {
    ...(options.realm !== undefined && { realm: options.realm }),
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
  });

/** `Authorization: Basic` of a client (RFC 6749, 2.3.1). */
export const basic = ({ client_id, client_secret }: MadeClient) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString('base64')}`,
});

/** A code of a user for a client, by consent. */
export async function codeOf(
  client: MadeClient,
  who: Visitor,
  more: Record<string, string | null> = {},
): Promise<{ code: string; verifier: string; redirectUri: string }> {
  const { verifier, challenge } = pkce();
  const search = asking(client, challenge, more);
  const redirectUri = search.get('redirect_uri') as string;
  const { code } = backIn(await decide(search, who), redirectUri);
  return { code: code as string, verifier, redirectUri };
}

/** Redeems a code. */
export const redeem = (
  client: MadeClient,
  { code, verifier, redirectUri }: { code: string; verifier: string; redirectUri: string },
  more: Record<string, string> = {},
  realm?: string,
) =>
  post(
    'token',
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
      ...(client.token_endpoint_auth_method === 'none' && { client_id: client.client_id }),
      ...more,
    },
    { realm, headers: client.token_endpoint_auth_method === 'client_secret_basic' ? basic(client) : {} },
  );

/** A client with tokens of a user. */
export async function connected(
  fields: Record<string, unknown> = {},
  more: Record<string, string | null> = {},
  realm?: string,
): Promise<{ client: MadeClient; who: Visitor; tokens: any }> {
  const client = await createClient(fields, realm);
  const who = await visitor({}, realm === undefined ? {} : { realm });
  const answer = await redeem(client, await codeOf(client, who, more), {}, realm);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return { client, who, tokens: answer.body };
}

/** The claims of a JWT, unverified. */
export const claimsOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split('.')[1] as string, 'base64url').toString());

export { ORIGIN };
