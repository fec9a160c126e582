import { type Context, Hono } from 'hono';
import type { Bindings } from '../env.ts';
import { logFailure } from '../http/problem.ts';
import { pathOf } from '../http/realm-path.ts';
import { askedAs } from '../http/request-log.ts';
import { readAsked } from './asked.ts';
import type { Asked, Call, Row } from './dialect.ts';
import {
  addressOf,
  answer,
  canonicalRequest,
  jsonOf,
  ownAnswer,
  plainRequest,
  refusalOf,
  split,
} from './relay.ts';

/** Something that answers requests, as a Worker does. */
export interface Handler {
  fetch(request: Request, bindings: Bindings, ctx: ExecutionContext): Response | Promise<Response>;
}

/** Ends the serving of a row early. */
class Refusal {
  readonly response: Response;

  constructor(response: Response) {
    this.response = response;
  }
}

const CANONICAL = /^\/(v1|realms|\.well-known|avatars)\//;

/** The endpoints of older services, in front of the canonical API. */
export class Dialects {
  readonly #rows: ReadonlyMap<string, Row[]>;
  readonly #origin: string;

  /** `origin` is Latchkey's own. */
  constructor(rows: readonly Row[], origin: string) {
    // What Latchkey answers at that very path stands in a table for its document only.
    const served = [...new Set(rows)].filter(({ from, to }) => from !== to);
    const named = Map.groupBy(served, ({ from }) => split(from)[1].replaceAll(/\{(\w+)\}/g, ':$1'));
    // A literal path goes before one with a parameter in its place.
    const parameters = (pattern: string) => pattern.split(':').length;
    this.#rows = new Map([...named].sort(([a], [b]) => parameters(a) - parameters(b)));
    this.#origin = origin;
  }

  /** The API with the dialects in front of it. */
  before(canonical: Handler): Handler {
    const router = new Hono<{ Bindings: Bindings }>();
    for (const [pattern, rows] of this.#rows) {
      for (const row of rows) {
        router.on(split(row.from)[0], pattern, (c) => this.#serve(c, row, canonical));
      }
      router.options(pattern, (c) => {
        const url = addressOf(rows[0] as Row, c.req.url, {});
        return canonical.fetch(new Request(url, c.req.raw), c.env, c.executionCtx as ExecutionContext);
      });
    }
    router.notFound((c) => canonical.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext));
    router.onError((error) => {
      logFailure(error, { event: 'request_failed' });
      return Response.json({ detail: 'Something went wrong', code: 'internal_error' }, { status: 500 });
    });
    return {
      // Most requests are canonical: they need no second router.
      fetch: (request, bindings, ctx) =>
        (CANONICAL.test(pathOf(request.url)) ? canonical : router).fetch(request, bindings, ctx),
    };
  }

  /** The methods that a path has here. */
  methodsOf(path: string): string[] {
    const segments = path.split('/');
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

  async #serve(c: Context<{ Bindings: Bindings }>, row: Row, canonical: Handler): Promise<Response> {
    const original = c.req.raw;
    const ask = (request: Request) => {
      askedAs.set(request, row.from);
      return canonical.fetch(request, c.env, c.executionCtx as ExecutionContext);
    };
    let called: Response | undefined;
    const call: Call = async (to, sent = {}) => {
      const response = await ask(
        canonicalRequest(original, { ...row, to }, c.req.param(), sent, null, this.#origin),
      );
      if (!response.ok) throw new Refusal(response);
      called = response;
      return jsonOf(response);
    };
    try {
      let asked: Asked = {
        params: c.req.param(),
        query: c.req.query(),
        body: {},
        file: null,
        headers: original.headers,
      };
      let response: Response;
      if (row.sends) {
        const read = await readAsked(c, row);
        asked = read.asked;
        const sent = read.raw ? {} : await row.sends(asked, call);
        if (sent instanceof Response) return called ? ownAnswer(called, sent) : sent;
        response = await ask(canonicalRequest(original, row, asked.params, sent, read.raw, this.#origin));
      } else {
        response = await ask(plainRequest(original, row, asked.params, this.#origin));
      }
      if (response.status >= 400) return refusalOf(row, response);
      if (!row.gives && row.status === undefined) return response;
      const json = await jsonOf(response);
      const given = row.gives ? await row.gives(json, asked, call, response) : json;
      if (given instanceof Response) return given;
      return answer(response, row.status ?? response.status, given);
    } catch (thrown) {
      if (thrown instanceof Refusal) return refusalOf(row, thrown.response);
      throw thrown;
    }
  }
}
