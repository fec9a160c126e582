import createFetchClient from 'openapi-fetch';
import { KEYED } from '../../generated/keyed-operations.ts';
import type { components, paths } from '../../generated/openapi.ts';
import { errorOf } from './errors.ts';
import { retryingFetch } from './retrying.ts';

export { type ErrorCode, LatchkeyError, type Problem } from './errors.ts';
export type { components, paths };

/** The schemas of the API, by name. */
export type Schemas = components['schemas'];

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathOf<Method extends Verb> = {
  [Path in keyof paths]: Method extends keyof paths[Path] ? Path : never;
}[keyof paths];
type Operation<Path extends keyof paths, Method extends Verb> = Method extends keyof paths[Path]
  ? paths[Path][Method]
  : never;
type ContentOf<Response> = Response extends { content: infer Content } ? Content[keyof Content] : undefined;
type Success = 200 | 201 | 202 | 204;
/** What an operation answers when it succeeds. */
type Answer<Path extends keyof paths, Method extends Verb> =
  Operation<Path, Method> extends { responses: infer Responses }
    ? { [Status in keyof Responses & Success]: ContentOf<Responses[Status]> }[keyof Responses & Success]
    : never;

type Present<Of> = {
  [Key in keyof Of as [Exclude<Of[Key], undefined>] extends [never] ? never : Key]: Of[Key];
};
type RequiredKeys<Of> = { [Key in keyof Of]-?: object extends Pick<Of, Key> ? never : Key }[keyof Of];
type Optionally<Name extends string, Of> = [keyof Of] extends [never]
  ? { [Key in Name]?: never }
  : [RequiredKeys<Of>] extends [never]
    ? { [Key in Name]?: Of }
    : { [Key in Name]: Of };
type ParametersOf<Of> = Of extends { parameters: infer Parameters } ? Present<Parameters> : object;
type BodyOf<Of> = Of extends { requestBody: { content: infer Content } }
  ? { body: Content[keyof Content] }
  : Of extends { requestBody?: infer Body }
    ? [Exclude<Body, undefined>] extends [never]
      ? { body?: never }
      : { body?: ContentOf<Exclude<Body, undefined>> }
    : { body?: never };
/** What is sent: parameters by their place, the body, headers besides, and what stops the call. */
type Init<Of> = Optionally<'params', ParametersOf<Of>> &
  BodyOf<Of> & { headers?: Record<string, string>; signal?: AbortSignal };
type Arguments<Of> = [RequiredKeys<Init<Of>>] extends [never] ? [init?: Init<Of>] : [init: Init<Of>];

/** Calls one operation, and gives what it answers. Throws LatchkeyError. */
type Call<Method extends Verb> = <Path extends PathOf<Method>>(
  path: Path,
  ...init: Arguments<Operation<Path, Method>>
) => Promise<Answer<Path, Method>>;

/** The lists of the API, whose pages have `data` and `next_cursor`. */
type ListPath = {
  [Path in PathOf<'get'>]: Answer<Path, 'get'> extends { data: unknown[]; next_cursor: string | null }
    ? Path
    : never;
}[PathOf<'get'>];
type Item<Path extends ListPath> = Answer<Path, 'get'> extends { data: (infer Of)[] } ? Of : never;

/** What a client is made of. */
export interface ClientOptions {
  /** Where Latchkey is, with the path of the realm unless it is the default one: the `iss` of its tokens. */
  issuer: string;
  /** A service's key. */
  apiKey?: string;
  /** A user's access token, or where to get the present one. */
  token?: string | (() => string | null | Promise<string | null>);
  /** Tries after the first, of what may be repeated: 2 unless it says. */
  retries?: number;
  /** A server that wants to be left alone for longer than this is not asked again: 20 seconds unless it says. */
  longestWait?: number;
  /** What sends requests: the global one unless it says. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Typed calls of every operation. */
export interface LatchkeyClient {
  get: Call<'get'>;
  post: Call<'post'>;
  put: Call<'put'>;
  patch: Call<'patch'>;
  delete: Call<'delete'>;
  /** What a list has, item by item; further pages are asked for as they are needed. */
  list<Path extends ListPath>(
    path: Path,
    ...init: Arguments<Operation<Path, 'get'>>
  ): AsyncGenerator<Item<Path>, void, undefined>;
}

/**
 * Makes a client. Every call gives the answer, or throws LatchkeyError with the code of the catalogue. What may be repeated is, after
 * 429, 503 and lost connections; a POST to an operation that takes an `Idempotency-Key` is given one.
 *
 * @example
 * const latchkey = createClient({ issuer: 'https://auth.example.com', apiKey });
 * const decision = await latchkey.post('/v1/authorize', { body: { token, resource: 'images' } });
 * for await (const user of latchkey.list('/v1/admin/users')) console.log(user.email);
 */
export function createClient(options: ClientOptions): LatchkeyClient {
  const { issuer, apiKey, token, retries = 2, longestWait = 20, fetch: send } = options;
  const client = createFetchClient<paths>({
    baseUrl: issuer.replace(/\/$/, ''),
    fetch: retryingFetch(send ?? ((request) => fetch(request)), { retries, longest: longestWait }),
  });
  client.use({
    async onRequest({ request, schemaPath }) {
      if (apiKey) request.headers.set('x-api-key', apiKey);
      const presented = typeof token === 'function' ? await token() : token;
      if (presented) request.headers.set('authorization', `Bearer ${presented}`);
      if (request.method === 'POST' && KEYED.has(schemaPath) && !request.headers.has('idempotency-key')) {
        request.headers.set('idempotency-key', crypto.randomUUID());
      }
      return request;
    },
    async onResponse({ response }) {
      if (!response.ok) throw await errorOf(response);
    },
  });
  // The types of LatchkeyClient hold a path against its method; here either is any text.
  const request = client.request as unknown as (
    method: Verb,
    path: string,
    init?: object,
  ) => Promise<{ data?: unknown }>;
  const call = (method: Verb) => async (path: string, init?: object) =>
    (await request(method, path, init)).data;
  const get = call('get');
  return {
    get,
    post: call('post'),
    put: call('put'),
    patch: call('patch'),
    delete: call('delete'),
    async *list(path: string, init: { params?: { query?: object } } = {}) {
      let cursor: string | null = null;
      do {
        const query = { ...init.params?.query, ...(cursor !== null && { cursor }) };
        const asked = { ...init, params: { ...init.params, query } };
        const page = (await get(path, asked)) as { data: unknown[]; next_cursor: string | null };
        yield* page.data;
        cursor = page.next_cursor;
      } while (cursor !== null);
    },
  } as unknown as LatchkeyClient;
}
