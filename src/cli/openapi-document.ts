import { randomBytes } from 'node:crypto';
import { createApp } from '../app.ts';
import { parseConfig } from '../config/config.ts';
import { openApiDocument } from '../docs/document.ts';

/** The OpenAPI document, as the app makes it. */
export type OpenApiDocument = ReturnType<typeof openApiDocument>;

/** Makes the OpenAPI document of the app, without its services. Runs in a bundle: see `bundledDocument`. */
export function documentOfApp(): OpenApiDocument {
  const origin = 'https://auth.example.com';
  const secret = randomBytes(32).toString('base64url');
  const config = parseConfig({ ENVIRONMENT: 'development', ORIGIN: origin, AUTH_SECRET: secret });
  // Before the first request, routes read the configuration and only keep the services.
  const services = new Proxy({ config }, { get: (given, name) => Reflect.get(given, name) ?? {} });
  return openApiDocument(createApp(services as never, {} as never), origin);
}
