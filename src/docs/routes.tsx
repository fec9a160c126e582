import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { Config } from '../config/config.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { openApiDocument } from './document.ts';
import { errorsPage, redocPage, SwaggerPage, swaggerStart } from './pages.tsx';

// Both browsers of the document write styles into the page; Redoc searches in a worker made of a blob.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; worker-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

type CanonicalDocument = ReturnType<typeof openApiDocument>;

/** An interface beside the canonical one, whose document is made from that. */
export interface OtherInterface {
  /** Its part of the addresses `/docs/{name}` and `/docs/{name}/openapi.json`. */
  name: string;
  title: string;
  document(canonical: CanonicalDocument): object;
}

/** The OpenAPI document, two ways to browse it, the same of other interfaces, and the catalogue of errors. */
export function docsRoutes(app: OpenAPIHono<AppEnv>, config: Config, others: readonly OtherInterface[]) {
  let known: CanonicalDocument | undefined;
  const document = () => {
    known ??= openApiDocument(app, config.ORIGIN);
    return known;
  };
  const routes = new Hono<AppEnv>()
    .get('/openapi.json', (c) => c.json(document()))
    .get('/docs', (c) => page(c, <SwaggerPage others={others} />))
    .get('/docs/start.js', (c) =>
      c.body(swaggerStart, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    )
    .get('/redoc', (c) => page(c, redocPage))
    .get('/docs/errors', (c) => page(c, errorsPage));
  for (const other of others) {
    routes
      .get(`/docs/${other.name}`, (c) => page(c, <SwaggerPage others={others} shown={other} />))
      .get(`/docs/${other.name}/openapi.json`, (c) => c.json(other.document(document())));
  }
  return routes;
}

function page(c: AppContext, content: JSX.Element) {
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  return c.html(`<!doctype html>${content}`);
}
