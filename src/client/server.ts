import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { type ClientOptions, createClient, type LatchkeyClient, LatchkeyError } from './client.ts';
import { type Metered, type MeteredAsk, reserved } from './metered.ts';

export { LatchkeyError } from './client.ts';
export type { Metered } from './metered.ts';

/** What an access token says (RFC 9068), checked. */
export interface Caller extends JWTPayload {
  /** The user's id. */
  sub: string;
  /** The session's id. */
  sid?: string;
  /** The client that acts for the user; `latchkey` where it is the product's own. */
  client_id?: string;
  /** What a client may, separated by spaces. */
  scope?: string;
}

/** What tokens have to be. */
export interface VerifierOptions {
  /** The `iss` of the realm. */
  issuer: string;
  /** For whom tokens must be: the issuer unless it says, which is for the product's own users. */
  audience?: string;
  /** What a token must allow; for tokens of clients. */
  scope?: string;
}

/** Checks an access token; throws LatchkeyError with `authentication_required`, `invalid_token`, `token_expired` or `insufficient_scope`. */
export type Verifier = (token: string | null | undefined) => Promise<Caller>;

/**
 * Makes the local check of access tokens: signature, issuer, audience, expiry, and the scope if one is needed. It asks for the public keys
 * once, and again for a key that it does not know. A session that has ended shows when its token expires, after ten minutes at most.
 *
 * @example
 * const verify = verifier({ issuer: 'https://auth.example.com' });
 * const { sub } = await verify(bearerOf(request));
 */
export function verifier({ issuer, audience = issuer, scope }: VerifierOptions): Verifier {
  const keys = createRemoteJWKSet(new URL(`${issuer.replace(/\/$/, '')}/.well-known/jwks.json`));
  return async (token) => {
    if (!token) throw new LatchkeyError('authentication_required', { status: 401 });
    const caller = await jwtVerify(token, keys, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'exp'],
    }).then(({ payload }) => payload as Caller, refused);
    if (scope && !(caller.scope ?? '').split(' ').includes(scope)) {
      throw new LatchkeyError('insufficient_scope', { status: 403 });
    }
    return caller;
  };
}

/** What jose throws, as Latchkey says it. Keys that cannot be fetched are no fault of the token. */
function refused(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ERR_JWT_EXPIRED') throw new LatchkeyError('token_expired', { status: 401, cause: error });
  const isOfToken = typeof code === 'string' && /^ERR_(JWT|JWS|JOSE_(ALG|NOT)|JWKS_NO_MATCHING)/.test(code);
  throw new LatchkeyError(isOfToken ? 'invalid_token' : 'network_error', {
    ...(isOfToken && { status: 401 }),
    cause: error,
  });
}

/** The token of `Authorization: Bearer`, or of what has such a header; null when there is none. */
export function bearerOf(
  from: string | null | undefined | { headers: Headers | Record<string, unknown> },
): string | null {
  const header =
    typeof from === 'object' && from !== null
      ? from.headers instanceof Headers
        ? from.headers.get('authorization')
        : from.headers.authorization
      : from;
  return (typeof header === 'string' && /^Bearer +(\S+)$/i.exec(header)?.[1]) || null;
}

/** The problem+json of an error, for an answer: what Latchkey itself would say (RFC 9457, and RFC 6750 for the header). */
export function refusalOf(
  error: unknown,
  { issuer, resource }: { issuer: string; resource?: string },
): {
  status: number;
  headers: Record<string, string>;
  body: { title: string; status: number; code: string };
} {
  if (!(error instanceof LatchkeyError)) throw error;
  const { code } = error;
  const status = error.status ?? 503;
  const reason =
    code === 'authentication_required'
      ? ''
      : `, error="${status === 403 ? 'insufficient_scope' : 'invalid_token'}"`;
  const where = resource ? `, resource_metadata="${metadataUrl(resource)}"` : '';
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...((status === 401 || code === 'insufficient_scope') && {
        'www-authenticate': `Bearer realm="${issuer}"${reason}${where}`,
      }),
      ...(error.retryAfter !== null && { 'retry-after': String(error.retryAfter) }),
    },
    body: { title: error.message, status, code },
  };
}

/** Where it stands what a resource says of itself (RFC 9728, 3.1). */
export function metadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`;
}

/** What a resource says of itself: whose tokens it takes, and which scopes (RFC 9728). Serve it at `metadataUrl(resource)`. */
export function resourceMetadata(options: {
  resource: string;
  issuer: string;
  scopes?: string[];
  name?: string;
}): object {
  const { resource, issuer, scopes, name } = options;
  return {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopes && { scopes_supported: scopes }),
    ...(name && { resource_name: name }),
  };
}

/** What protects routes. `strict` asks Latchkey for each request, so that a session that has ended is refused at once. */
export interface ProtectOptions extends VerifierOptions {
  strict?: boolean;
  /** The identifier of the resource, which a 401 leads to (RFC 9728). */
  resource?: string;
}

/** Checks who calls by the `Authorization` header. Throws LatchkeyError. */
export function authenticator(
  options: ProtectOptions,
): (authorization: string | null | undefined) => Promise<Caller> {
  const verify = verifier(options);
  return async (authorization) => {
    const token = bearerOf(authorization);
    const caller = await verify(token);
    if (options.strict && token)
      await createClient({ issuer: options.issuer, token }).get('/v1/auth/session');
    return caller;
  };
}

/** Middleware for Hono: sets `caller`, or answers the refusal. */
export function honoAuth(options: ProtectOptions) {
  const authenticate = authenticator(options);
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    try {
      c.set('caller', await authenticate(c.req.header('authorization')));
    } catch (error) {
      return responseOf(error, options);
    }
    await next();
    return undefined;
  };
}

/** What Hono's context has of which the middleware needs to know. */
interface HonoContext {
  req: { header(name: string): string | undefined };
  set(key: 'caller', value: Caller): void;
}

/** Middleware for Express and Connect: sets `request.caller`, or answers the refusal. */
export function expressAuth(options: ProtectOptions) {
  const authenticate = authenticator(options);
  return async (
    request: { headers: Record<string, unknown>; caller?: Caller },
    response: NodeResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    try {
      request.caller = await authenticate(request.headers.authorization as string | undefined);
    } catch (error) {
      if (!(error instanceof LatchkeyError)) return next(error);
      const { status, headers, body } = refusalOf(error, options);
      response.writeHead(status, headers);
      response.end(JSON.stringify(body));
      return;
    }
    next();
  };
}

interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/** A hook (`preHandler`) for Fastify: sets `request.caller`, or answers the refusal. */
export function fastifyAuth(options: ProtectOptions) {
  const authenticate = authenticator(options);
  return async (
    request: { headers: Record<string, unknown>; caller?: Caller },
    reply: {
      code(status: number): unknown;
      headers(of: Record<string, string>): unknown;
      send(body: unknown): unknown;
    },
  ): Promise<unknown> => {
    try {
      request.caller = await authenticate(request.headers.authorization as string | undefined);
      return undefined;
    } catch (error) {
      const { status, headers, body } = refusalOf(error, options);
      reply.code(status);
      reply.headers(headers);
      return reply.send(JSON.stringify(body));
    }
  };
}

/** What a user of the product is told: that they have not got it, may not, or had too much of it. */
const ABOUT_THE_USER = [402, 403, 429];

/**
 * A route handler of Next, or of whatever takes a Request and gives a Response, which is called for who is let in. What calls of Latchkey refuse
 * the user in it, such as `quota_exceeded`, is answered as Latchkey would; other errors, such as those of the server's own key, go on.
 */
export function withAuth<Rest extends unknown[]>(
  options: ProtectOptions,
  handle: (request: Request, caller: Caller, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const authenticate = authenticator(options);
  return async (request, ...rest) => {
    let caller: Caller;
    try {
      caller = await authenticate(request.headers.get('authorization'));
    } catch (error) {
      return responseOf(error, options);
    }
    try {
      return await handle(request, caller, ...rest);
    } catch (error) {
      if (isAboutTheUser(error)) return responseOf(error, options);
      throw error;
    }
  };
}

/** Whether an error is for the user; a scope is what the server's own key lacks. */
function isAboutTheUser(error: unknown): boolean {
  if (!(error instanceof LatchkeyError) || error.code === 'insufficient_scope') return false;
  return ABOUT_THE_USER.includes(error.status ?? 0);
}

function responseOf(error: unknown, options: ProtectOptions): Response {
  const { status, headers, body } = refusalOf(error, options);
  return new Response(JSON.stringify(body), { status, headers });
}

/**
 * Reserves quota, does the work, and counts what was used; where the work fails nothing is counted. Throws what the work throws, and
 * LatchkeyError with `quota_exceeded` and others before it begins.
 *
 * @example
 * const text = await metered(latchkey, { user_id, resource: 'tokens', quantity: 4000 }, async ({ used }) => {
 *   const answer = await model.complete(prompt);
 *   used(answer.usage.total_tokens);
 *   return answer.text;
 * });
 */
export async function metered<Result>(
  client: Pick<LatchkeyClient, 'post'>,
  ask: MeteredAsk,
  work: (metered: Metered) => Promise<Result>,
): Promise<Result> {
  const at = '/v1/usage/reservations' as const;
  return reserved(
    {
      reserve: (body) => client.post(at, { body }),
      commit: ({ reference, ...body }) =>
        client.post(`${at}/{reference}/commit`, { params: { path: { reference } }, body }),
      release: ({ reference, ...body }) =>
        client.post(`${at}/{reference}/release`, { params: { path: { reference } }, body }),
    },
    ask,
    work,
  );
}

export type { ClientOptions };
