import { type Context, Hono } from 'hono';
import type { Bindings } from '../../config/config.ts';
import { ApiError } from '../../errors.ts';
import type { AppEnv } from '../../http/context.ts';
import { logFailure } from '../../http/problem.ts';
import { pathOf } from '../../http/realm-path.ts';
import { askedAs, requestLog } from '../../http/request-log.ts';
import { securityHeaders } from '../../http/security-headers.ts';
import type { DialectName } from '../../lib/dialect-names.ts';
import { isCanonical } from '../spoken.ts';
import { answer, jsonOf, nowhere, ownRefusal, refusalOf } from './answer.ts';
import type { CallCanonical } from './canonical-operations.ts';
import { addressOf, canonicalRequest, plainRequest, split } from './canonical-request.ts';
import { clientRequestWithoutBody, readClientRequest } from './client-request.ts';
import type { AnyRow } from './row.ts';

/** Answers requests, as a Worker does. */
export interface Handler {
  fetch(request: Request, bindings: Bindings, ctx: ExecutionContext): Response | Promise<Response>;
}

/** Ends a row early: a canonical operation that it called refused. */
class CanonicalRefusal {
  readonly response: Response;

  constructor(response: Response) {
    this.response = response;
  }
}

/** Routes the endpoints of older services to the canonical API. */
export class Dialects {
  readonly #rows: ReadonlyMap<string, AnyRow[]>;
  readonly #origin: string;
  readonly #spoken: ReadonlySet<DialectName>;

  /** `origin` is Latchkey's own origin, `spoken` are the dialects that the rows are of. */
  constructor(rows: readonly AnyRow[], origin: string, spoken: readonly DialectName[] = []) {
    // A table also names, for its document, the paths that Latchkey itself answers. They need no routing.
    const served = [...new Set(rows)].filter(({ from, to }) => from !== to);
    const named = Map.groupBy(served, ({ from }) =>
      withoutSlash(split(from)[1]).replaceAll(/\{(\w+)\}/g, ':$1'),
    );
    // A literal path comes before one with a parameter in the same place.
    const parameters = (pattern: string) => pattern.split(':').length;
    this.#rows = new Map([...named].sort(([a], [b]) => parameters(a) - parameters(b)));
    this.#origin = origin;
    this.#spoken = new Set(spoken);
  }

  /** Returns the API with the dialects in front of it. */
  before(canonical: Handler): Handler {
    // FastAPI redirected between the forms of a path with and without a slash at the end.
    const router = new Hono<{ Bindings: Bindings }>({ strict: false });
    for (const [pattern, rows] of this.#rows) {
      for (const row of rows) {
        router.on(split(row.from)[0], pattern, (c) => this.#serve(c, row, canonical));
      }
      router.options(pattern, (c) => {
        const url = addressOf(rows[0] as AnyRow, c.req.url, {});
        return canonical.fetch(new Request(url, c.req.raw), c.env, c.executionCtx as ExecutionContext);
      });
    }
    router.notFound(async (c) => {
      const response = await canonical.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext);
      return this.#spoken.size > 0 ? nowhere(response) : response;
    });
    router.onError((error) => {
      logFailure(error, 'request_failed', {});
      return Response.json({ detail: 'Something went wrong', code: 'internal_error' }, { status: 500 });
    });
    return {
      // Most requests are canonical. They need no second router.
      fetch: (request, bindings, ctx) =>
        (isCanonical(pathOf(request.url)) ? canonical : router).fetch(request, bindings, ctx),
    };
  }

  /** Returns the methods that the dialects have for a path. */
  methodsOf(path: string): string[] {
    const segments = withoutSlash(path).split('/');
    const fits = (pattern: string) => {
      const parts = pattern.split('/');
      return (
        parts.length === segments.length && parts.every((part, i) => part[0] === ':' || part === segments[i])
      );
    };
    return [...this.#rows].flatMap(([pattern, rows]) =>
      fits(pattern) ? rows.map(({ from }) => split(from)[0]) : [],
    );
  }

  async #serve(c: Context<{ Bindings: Bindings }>, row: AnyRow, canonical: Handler): Promise<Response> {
    const original = c.req.raw;
    let last: Response | undefined;
    const ask = async (request: Request): Promise<Response> => {
      askedAs.set(request, row.from);
      last = await canonical.fetch(request, c.env, c.executionCtx as ExecutionContext);
      return last;
    };
    const call: CallCanonical = async (to, sent = {}) => {
      const response = await ask(
        canonicalRequest(original, { ...row, to }, c.req.param(), sent, null, this.#origin),
      );
      if (!response.ok) throw new CanonicalRefusal(response);
      return jsonOf(response);
    };
    if (row.page && (!row.sends || /\btext\/html\b/i.test(original.headers.get('accept') ?? ''))) {
      return redirectToPage(c, row, row.page);
    }
    // HEAD is safe (RFC 9110, 9.2.1), and mail scanners send it to links that act.
    if (original.method === 'HEAD' && split(row.to)[0] !== 'GET') return ask(original);
    let asked = clientRequestWithoutBody(c, this.#spoken);
    try {
      if (row.level === 'verified' && !(await call('GET /v1/auth/session')).email_verified) {
        throw new ApiError('email_not_verified');
      }
      let response: Response;
      if (row.sends) {
        const read = await readClientRequest(c, row, asked);
        asked = read.asked;
        const sent = read.raw ? {} : await row.sends(asked, call);
        response = await ask(canonicalRequest(original, row, asked.params, sent, read.raw, this.#origin));
      } else {
        response = await ask(plainRequest(original, row, asked.params, this.#origin));
      }
      if (response.status >= 400) return refusalOf(row, asked, response);
      if (!row.gives && row.status === undefined) return response;
      const json = await jsonOf(response);
      const given = row.gives ? await row.gives(json, asked, call, response) : json;
      const status = typeof row.status === 'function' ? row.status(this.#spoken) : row.status;
      return answer(response, status ?? response.status, given);
    } catch (thrown) {
      if (thrown instanceof CanonicalRefusal) return refusalOf(row, asked, thrown.response);
      if (thrown instanceof ApiError && last) return ownRefusal(row, asked, last, thrown, this.#origin);
      throw thrown;
    }
  }
}

/** Returns a path without the slash at its end. */
function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, '');
}

/** Redirects to the page that does what the row does. The answer is logged and has the headers of every other. */
async function redirectToPage(
  c: Context<{ Bindings: Bindings }>,
  row: AnyRow,
  page: `/${string}`,
): Promise<Response> {
  const { pathname } = addressOf({ ...row, to: `GET ${page}` }, c.req.url, {});
  const token = c.req.query('token');
  const search = token === undefined ? '' : `?${new URLSearchParams({ token })}`;
  askedAs.set(c.req.raw, row.from);
  const own = new Hono<AppEnv>().use(requestLog({ LOG_SAMPLE: 1 }), securityHeaders);
  own.all('*', (answer) => answer.redirect(`${pathname}${search}`, 303));
  return own.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext);
}
