import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { Config } from '../config/config.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { openApiDocument } from './document.ts';
import { errorsPage, redocPage, swaggerPage, swaggerStart } from './pages.tsx';

// Both browsers of the document write styles into the page; Redoc searches in a worker made of a blob.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; worker-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The OpenAPI document, two ways to browse it, and the catalogue of errors. */
export function docsRoutes(app: OpenAPIHono<AppEnv>, config: Config) {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return new Hono<AppEnv>()
    .get('/openapi.json', (c) => {
      document ??= openApiDocument(app, config.ORIGIN);
      return c.json(document);
    })
    .get('/docs', (c) => page(c, swaggerPage))
    .get('/docs/start.js', (c) =>
      c.body(swaggerStart, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    )
    .get('/redoc', (c) => page(c, redocPage))
    .get('/docs/errors', (c) => page(c, errorsPage));
}

function page(c: AppContext, content: JSX.Element) {
  c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  return c.html(`<!doctype html>${content}`);
}
