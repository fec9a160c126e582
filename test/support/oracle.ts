import { exports } from 'cloudflare:workers';
import { importJWK, SignJWT } from 'jose';
import { inject } from 'vitest';
import { freshAddress, ORIGIN } from './api.ts';
import { advance } from './clock.ts';
import { basic, CALLBACK, createClient, pkce } from './oauth-client.ts';
import { visitor } from './visitor.ts';

/** Clients that both have: what they may is at peers/oracle.ts. */
export type Name = 'spa' | 'other' | 'web' | 'posting' | 'brief' | 'machine' | 'keyed';

type Fields = [string, string][];

/** Parameters beside the right ones: another value, several, or null for none. */
export type Changes = Record<string, string | string[] | null>;

/** What a request is sent with. */
export interface Sent {
  query?: Fields;
  form?: Fields;
  headers?: Record<string, string>;
  body?: string;
  /** Whether the browser of a signed-in user sends it. */
  signedIn?: boolean;
}

export const STATE = 'state of the app & more';
export const ENDPOINTS = ['authorize', 'token', 'par', 'introspect', 'revoke', 'userinfo'] as const;
export const { verifier: VERIFIER, challenge: CHALLENGE } = pkce();
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** One of the two servers that are held against each other. */
export class Side {
  readonly issuer: string;
  readonly #clients: Record<string, { client_id: string; client_secret: string }>;
  readonly #fetch: (request: Request) => Promise<Response>;
  readonly #cookie: string;
  readonly #key: Record<string, unknown>;
  /** Lets so many milliseconds go by. */
  readonly wait: (milliseconds: number) => Promise<void>;

  constructor(parts: {
    issuer: string;
    clients: Record<string, { client_id: string; client_secret: string }>;
    fetch: (request: Request) => Promise<Response>;
    cookie: string;
    key: Record<string, unknown>;
    wait: (milliseconds: number) => Promise<void>;
  }) {
    this.issuer = parts.issuer;
    this.#clients = parts.clients;
    this.#fetch = parts.fetch;
    this.#cookie = parts.cookie;
    this.#key = parts.key;
    this.wait = parts.wait;
  }

  client(name: Name) {
    return this.#clients[name] as { client_id: string; client_secret: string };
  }

  /** `Authorization: Basic` of a client. */
  basic(name: Name, secret = this.client(name).client_secret): Record<string, string> {
    return basic({ ...this.client(name), client_secret: secret });
  }

  /** `private_key_jwt` of the client `keyed`, with other claims. */
  async assertion(claims: Record<string, unknown> = {}, type = ASSERTION): Promise<Fields> {
    const { client_id } = this.client('keyed');
    const now = Math.floor(Date.now() / 1000);
    const jwt = await new SignJWT({
      iss: client_id,
      sub: client_id,
      aud: this.issuer,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(await importJWK(this.#key, 'ES256'));
    return [
      ['client_assertion', jwt],
      ['client_assertion_type', type],
    ];
  }

  async send(method: string, endpoint: (typeof ENDPOINTS)[number], sent: Sent): Promise<Response> {
    const { query, form, headers = {}, signedIn = false } = sent;
    const url = new URL(`${this.issuer}/oauth2/${endpoint}`);
    for (const [name, value] of query ?? []) url.searchParams.append(name, value);
    const request = new Request(url, {
      method,
      redirect: 'manual',
      ...(form && { body: new URLSearchParams(form).toString() }),
      ...(sent.body !== undefined && { body: sent.body }),
    });
    if (form) request.headers.set('content-type', 'application/x-www-form-urlencoded');
    else request.headers.delete('content-type');
    if (endpoint === 'authorize') request.headers.set('accept', 'text/html');
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    if (signedIn) request.headers.set('cookie', this.#cookie);
    return this.#fetch(request);
  }

  /** The right request for authorization of a client, with changes. */
  asking(changes: Changes = {}, name: Name = 'spa'): Fields {
    return changed(
      {
        response_type: 'code',
        client_id: this.client(name).client_id,
        redirect_uri: CALLBACK,
        scope: 'openid email',
        state: STATE,
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
      },
      changes,
    );
  }

  /** A code of the user for a client. */
  async code(name: Name = 'spa', changes: Changes = {}): Promise<string> {
    const query = this.asking(changes, name);
    const answer = await this.send('GET', 'authorize', { query, signedIn: true });
    const code = new URL(answer.headers.get('location') ?? 'about:blank').searchParams.get('code');
    if (code === null) throw new Error(`no code of ${this.issuer}: ${await answer.text()}`);
    return code;
  }

  /** The right exchange of a new code of the client `spa`. */
  async exchange(changes: Changes = {}, name: Name = 'spa', asked: Changes = {}): Promise<Fields> {
    return changed(
      {
        grant_type: 'authorization_code',
        code: await this.code(name, asked),
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        ...((name === 'spa' || name === 'other' || name === 'brief') && {
          client_id: this.client(name).client_id,
        }),
      },
      changes,
    );
  }

  /** Tokens of the user for a client. */
  async tokens(name: Name = 'spa', asked: Changes = {}): Promise<Record<string, string>> {
    const form = await this.exchange({}, name, asked);
    const headers = name === 'web' ? this.basic(name) : {};
    const answer = await this.send('POST', 'token', { form, headers });
    const body = (await answer.json()) as Record<string, string>;
    if (answer.status !== 200) throw new Error(`no tokens of ${this.issuer}: ${JSON.stringify(body)}`);
    return body;
  }

  /** The name of a request of the client `spa` that it has pushed. */
  async pushed(changes: Changes = {}): Promise<string> {
    const answer = await this.send('POST', 'par', { form: this.asking(changes) });
    return ((await answer.json()) as { request_uri: string }).request_uri;
  }
}

/** Fields with some others, or several, or none. */
export function changed(fields: Record<string, string>, changes: Changes): Fields {
  return Object.entries({ ...fields, ...changes }).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
}

/** What an answer is, as far as both servers have to agree. */
export async function outcomeOf(answer: Response): Promise<string> {
  const location = answer.headers.get('location');
  const text = await answer.text();
  if (location !== null) {
    if (!location.startsWith(CALLBACK)) return 'asks the user';
    const { hash, searchParams } = new URL(location);
    // What the other has to say of response types that we do not have it says in the fragment.
    return back(hash === '' ? searchParams : new URLSearchParams(hash.slice(1)));
  }
  if (text.includes(`action="${CALLBACK}"`)) {
    const fields = [...text.matchAll(/<input[^>]*name="(\w+)"[^>]*value="([^"]*)"/g)];
    const unescaped = fields.map(([, name = '', value = '']): [string, string] => [
      name,
      value.replaceAll('&amp;', '&'),
    ]);
    return `by form ${back(new URLSearchParams(unescaped))}`;
  }
  const type = answer.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) return answer.status < 400 ? 'asks the user' : `page ${answer.status}`;
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  // Of a problem in words that are no protocol's the status alone.
  const said = body.error ?? (body.active === undefined ? null : body.active ? 'active' : 'inactive');
  return [answer.status, said].filter((part) => part !== null && part !== undefined).join(' ');
}

function back(parameters: URLSearchParams): string {
  const said = parameters.get('error') ?? (parameters.has('code') ? 'code' : 'nothing');
  const lacks = [
    parameters.get('state') !== STATE && 'state',
    parameters.get('iss') === null && 'iss',
  ].filter(Boolean);
  return [`back ${said}`, ...lacks.map((name) => `without ${name}`)].join(' ');
}

/** The cookies that answers have set, last ones winning, as a browser sends them. */
function jar() {
  const cookies = new Map<string, string>();
  return {
    take(answer: Response) {
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        const [name = ''] = pair.split('=');
        if (/expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
        else cookies.set(name, pair);
      }
    },
    get header() {
      return [...cookies.values()].join('; ');
    },
  };
}

/** The certified provider, with a browser whose user is signed in. */
export async function theirs(): Promise<Side> {
  const { url, clients, privateKey } = inject('peers').oracle;
  const cookies = jar();
  const client_id = clients.spa?.client_id as string;
  const query = { client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
  const more = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
  let next = `${url}/oauth2/authorize?${new URLSearchParams({ ...query, ...more })}`;
  while (!next.startsWith(CALLBACK)) {
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie: cookies.header } });
    cookies.take(answer);
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`the peer does not sign in: ${await answer.text()}`);
    next = new URL(location, url).href;
  }
  return new Side({
    issuer: url,
    clients,
    fetch: (request) => fetch(request),
    cookie: cookies.header,
    key: privateKey,
    wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds / 50)),
  });
}

/** Latchkey, with clients as the other has them. */
export async function ours(): Promise<Side> {
  const { privateKey } = inject('peers').oracle;
  const { d: _, ...publicKey } = privateKey;
  const web = { first_party: true, scopes: ['openid', 'profile', 'email', 'offline_access'] };
  const machine = { ...web, redirect_uris: [], grant_types: ['client_credentials'], scopes: ['read'] };
  const by = (token_endpoint_auth_method: string) => ({ token_endpoint_auth_method });
  const fields: Record<Name, object> = {
    spa: web,
    other: web,
    web: { ...web, ...by('client_secret_basic') },
    posting: { ...web, ...by('client_secret_post') },
    brief: web,
    machine: { ...machine, ...by('client_secret_basic') },
    keyed: { ...machine, ...by('private_key_jwt'), jwks: { keys: [{ ...publicKey, kid: 'one' }] } },
  };
  const made = await Promise.all(
    Object.entries(fields).map(async ([name, one]) => [name, await createClient({ ...one })]),
  );
  const { cookie } = await visitor();
  return new Side({
    issuer: ORIGIN,
    clients: Object.fromEntries(made),
    fetch: (request) => {
      request.headers.set('cf-connecting-ip', freshAddress());
      return exports.default.fetch(request);
    },
    cookie,
    key: privateKey,
    wait: async (milliseconds) => advance(milliseconds),
  });
}
