import { createHash, randomBytes } from 'node:crypto';
import { type Call, load } from './load.ts';
import { CALLERS, caller, type Scenario, shares, type User } from './scenarios.ts';
import { API_KEY } from './service.ts';

const REDIRECT = 'https://app.example.com/callback';
const ALGORITHMS = ['ES256', 'RS256'] as const;

/** A client of the authorization server. */
interface Client {
  id: string;
  authorization: string;
}

/** What a client has of a user. */
interface Connection {
  client: Client;
  user: User;
  verifier: string;
  /** A code that waits to be redeemed. */
  code: string | null;
  accessToken: string;
  refreshToken: string;
}

/** First-party clients, one for each algorithm of ID tokens, that every user has signed in to. */
export async function clientScenarios(port: number, users: User[]): Promise<Record<string, Scenario>> {
  const [es256, rs256] = await Promise.all(
    ALGORITHMS.map(async (algorithm) => connect(port, users, await createClient(port, algorithm))),
  );
  if (!es256 || !rs256) throw new Error('There are no clients.');
  const callers = (
    connections: Connection[],
    ask: (one: Connection) => Call,
    answered?: (one: Connection, body: string) => void,
  ) => shares(connections, CALLERS).map((share, index) => caller(index, share, ask, answered));
  return {
    'authorization endpoint': { callers: callers(es256, authorize) },
    'authorization endpoint, then its code': { callers: callers(es256, signIn, take) },
    'refresh by a client': { callers: callers(es256, refresh, take), target: 5 },
    'refresh by a client, RS256': { callers: callers(rs256, refresh, take), target: 5 },
    'client credentials': { callers: callers(es256, credentials), target: 5 },
    introspection: { callers: callers(es256, introspect), target: 5 },
  };
}

async function createClient(port: number, algorithm: (typeof ALGORITHMS)[number]): Promise<Client> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/admin/clients`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-API-Key': API_KEY },
    body: JSON.stringify({
      name: algorithm,
      type: 'confidential',
      first_party: true,
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      id_token_signed_response_alg: algorithm,
      access_token_seconds: 3600,
    }),
  });
  if (answer.status !== 201) throw new Error(`A client was refused: ${await answer.text()}`);
  const { client_id, client_secret } = (await answer.json()) as Record<string, string>;
  return { id: `${client_id}`, authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
}

async function connect(port: number, users: User[], client: Client): Promise<Connection[]> {
  const nothing = { code: null, accessToken: '', refreshToken: '' };
  const connections = users.map((user) => {
    return { client, user, verifier: randomBytes(32).toString('base64url'), ...nothing };
  });
  for (const ask of [authorize, signIn]) {
    const callers = connections.map((one, index) => caller(index, [one], ask, take));
    await load(port, callers, 0);
  }
  return connections;
}

/** By form_post, whose page has the code: of a redirect the address is all there is. */
function authorize({ client, user, verifier }: Connection): Call {
  const search = new URLSearchParams({
    response_type: 'code',
    response_mode: 'form_post',
    client_id: client.id,
    redirect_uri: REDIRECT,
    scope: 'openid email',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const headers = { Accept: 'text/html', Cookie: `__Host-latchkey=${user.refreshToken}` };
  return { method: 'GET', path: `/oauth2/authorize?${search}`, headers };
}

/** Two requests, one after the other. */
function signIn(one: Connection): Call {
  if (one.code === null) return authorize(one);
  const { code, verifier } = one;
  return form(one, 'token', {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  });
}

const refresh = (one: Connection) =>
  form(one, 'token', { grant_type: 'refresh_token', refresh_token: one.refreshToken });

const credentials = (one: Connection) => form(one, 'token', { grant_type: 'client_credentials' });

const introspect = (one: Connection) => form(one, 'introspect', { token: one.accessToken });

function form({ client }: Connection, path: string, fields: Record<string, string>): Call {
  const headers = {
    Authorization: client.authorization,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return { method: 'POST', path: `/oauth2/${path}`, headers, body: new URLSearchParams(fields) };
}

/** Keeps the code of a page, or the tokens of an answer. */
function take(one: Connection, body: string): void {
  if (!body.startsWith('{')) {
    one.code = /name="code" value="([^"]+)"/.exec(body)?.[1] ?? null;
    return;
  }
  const { access_token, refresh_token } = JSON.parse(body);
  Object.assign(one, { accessToken: access_token, refreshToken: refresh_token, code: null });
}
