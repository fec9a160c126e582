import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { CATALOGUE, type ErrorCode } from '../../src/errors.ts';
import { PUBLIC } from '../../src/http/levels.ts';
import { createRoute } from '../../src/http/openapi.ts';
import { createServices } from '../../src/services.ts';
import { call } from '../support/api.ts';
import {
  declaredCodes,
  type Json,
  type Operation,
  operationsOf,
  readDocument,
  register,
  violations,
} from '../support/contract.ts';
import PUBLISHED from './operation-ids.json';

/** Pages for people, and what only development has. */
const PAGES =
  /^\/$|^\/(openapi\.json|docs|redoc|dev|verify-email|undo-email-change|reset-password|forgot-password|login|logout|register|organizations|account|admin|device|oauth2\/(authorize|consent|logout))\b/;
/** For clients of one older service only, by its dialect. */
const HIDDEN = [
  '/v1/auth/renew',
  '/v1/mail-templates',
  '/v1/me/profile',
  '/v1/auth/phone/send',
  '/v1/auth/phone/verify',
];
const ANY_ROUTE: ErrorCode[] = ['realm_not_found', 'rate_limited', 'internal_error', 'service_unavailable'];
const WITH_BODY: ErrorCode[] = [
  'invalid_json',
  'origin_not_allowed',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
];
const WITH_USER: ErrorCode[] = [
  'authentication_required',
  'invalid_token',
  'token_expired',
  'session_ended',
  'account_suspended',
];

const WITH_SERVICE: ErrorCode[] = [
  'authentication_required',
  'invalid_api_key',
  'insufficient_scope',
  'origin_not_allowed',
];

/** Whether an operation can be called by what a security scheme describes. */
const acceptedBy = ({ security = [] }: Json, scheme: string) => security.some((one: Json) => scheme in one);

let document: Json;
let operations: Operation[];

beforeAll(async () => {
  document = await readDocument();
  operations = operationsOf(document);
});

/** What is missing, by operation; nothing when every operation has it. */
const missing = (find: (operation: Operation) => unknown[]) =>
  operations
    .map((operation) => ({ operation: `${operation.method} ${operation.path}`, missing: find(operation) }))
    .filter((entry) => entry.missing.length > 0);

const codesOf = (operation: Operation) =>
  Object.keys(operation.definition.responses).flatMap((status) => declaredCodes(operation, status));

describe('the document', () => {
  it('is valid OpenAPI 3.1, with valid JSON Schemas in it', async () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(await violations('https://spec.openapis.org/oas/3.1/schema-base', document)).toEqual([]);
  });

  it('has every route of the app, and no other', () => {
    const app = createApp(createServices(env as unknown as Bindings), env as unknown as Bindings);
    const routed = app.routes
      // Middleware is routed for every method.
      .filter(({ method, path }) => method !== 'ALL' && !PAGES.test(path) && !HIDDEN.includes(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const documented = operations.map(({ method, path }) => `${method} ${path}`);
    expect(documented.toSorted()).toEqual([...new Set(routed)].toSorted());
    expect(documented.length).toBeGreaterThanOrEqual(14);
  });

  it('documents what answers, and nothing that is not built', async () => {
    // There is no picture, no provider and no resource of that name.
    const named = /\{(key|provider)\}|oauth-protected-resource\/\{id\}/;
    for (const { method, path } of operations.filter((one) => !named.test(one.path))) {
      const { status, body } = await call(method, path.replaceAll(/\{\w+\}/g, 'x'));
      expect([404, 405, 500, 501], `${method} ${path}: ${JSON.stringify(body)}`).not.toContain(status);
    }
  });

  it('has a summary and a tag for every operation, and a description for every answer', () => {
    expect(
      missing(({ definition }) => [
        ...(definition.summary ? [] : ['summary']),
        ...(definition.tags?.length > 0 ? [] : ['tag']),
        ...Object.entries<Json>(definition.responses).flatMap(([status, { description }]) =>
          description ? [] : [`description of ${status}`],
        ),
      ]),
    ).toEqual([]);
  });

  it('names every operation as it was published: another name breaks every client that was made from the document', () => {
    const named = operations.map(({ method, path, definition }) => [
      definition.operationId,
      `${method} ${path}`,
    ]);
    expect(new Set(named.map(([id]) => id)).size).toBe(named.length);
    expect(Object.fromEntries(named)).toEqual(PUBLISHED);
  });

  it('has names that can be methods of a client: words in camelCase, and none both a method and a group', () => {
    const names = operations.map(({ definition }) => definition.operationId as string);
    expect(names.filter((name) => !/^[a-z][a-zA-Z]*(\.[a-z][a-zA-Z]*)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => names.some((other) => other.startsWith(`${name}.`)))).toEqual([]);
    // @ts-expect-error A route without a name is refused by the type checker.
    createRoute({ method: 'get', path: '/unnamed', level: PUBLIC, responses: {} });
    // @ts-expect-error And so is one that does not say who may call it.
    expect(() => createRoute({ operationId: 'x', method: 'get', path: '/x', responses: {} })).toThrow();
  });

  it('declares every parameter of every path', () => {
    expect(
      missing(({ path, definition }) => {
        const declared = (definition.parameters ?? []).filter((parameter: Json) => parameter.in === 'path');
        const names = declared.map((parameter: Json) => parameter.name);
        return [...path.matchAll(/\{(\w+)\}/g)]
          .map(([, name]) => name)
          .filter((name) => !names.includes(name));
      }),
    ).toEqual([]);
  });

  it('declares for every operation how it can fail, also by what all routes have in common', () => {
    expect(
      missing((operation) => {
        const { method, definition } = operation;
        const expected = [
          ...ANY_ROUTE,
          ...(definition.requestBody?.content['application/json'] ? WITH_BODY : []),
          ...(acceptedBy(definition, 'accessToken') ? WITH_USER : []),
          ...(acceptedBy(definition, 'apiKey') ? WITH_SERVICE : []),
          ...(method === 'GET' ? [] : ['origin_not_allowed']),
          ...(definition.parameters?.some((parameter: Json) => parameter.in === 'query')
            ? ['validation_failed']
            : []),
        ];
        const declared = codesOf(operation);
        return expected.filter((code) => !declared.includes(code));
      }),
    ).toEqual([]);
  });

  it('declares codes of the catalogue only, each at its status, and as a problem', () => {
    for (const operation of operations) {
      for (const [status, response] of Object.entries<Json>(operation.definition.responses)) {
        const codes = declaredCodes(operation, status);
        for (const code of codes) {
          expect(CATALOGUE[code as ErrorCode]?.status, `${operation.path} ${code}`).toBe(Number(status));
        }
        if (Number(status) < 400) continue;
        expect(codes, `${operation.method} ${operation.path} ${status}`).not.toEqual([]);
        expect(response.content['application/problem+json'].schema).toEqual({
          $ref: '#/components/schemas/Problem',
        });
      }
    }
    expect(document.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(CATALOGUE));
  });

  it('gives examples that its own schemas accept', async () => {
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      for (const [property, value] of Object.entries<Json>(schema.properties ?? {})) {
        if (!('example' in value)) continue;
        const found = await violations(register(value, document), value.example);
        expect.soft(found, `${name}.${property}: ${JSON.stringify(value)}`).toEqual([]);
      }
    }
  });

  it('has a total for every list of admins', () => {
    const resolved = (schema: Json): Json =>
      schema.$ref ? resolved(document.components.schemas[schema.$ref.split('/').at(-1)]) : schema;
    const lists = operations
      .filter(({ method, path }) => method === 'GET' && path.startsWith('/v1/admin/'))
      .flatMap(({ path, definition }) => {
        const schema = definition.responses[200].content['application/json']?.schema;
        const parts = [schema ?? {}].flatMap((one: Json) => resolved(one).allOf ?? [one]).map(resolved);
        const required: string[] = parts.flatMap((part: Json) => part.required ?? []);
        return required.includes('data') ? [{ path, required }] : [];
      });
    expect(lists.length).toBeGreaterThanOrEqual(10);
    expect(
      lists.filter(({ required }) => !['next_cursor', 'total'].every((name) => required.includes(name))),
    ).toEqual([]);
  });

  it('lets null clear every field of the profile, as the service does', async () => {
    const { properties } = document.components.schemas.ProfilePatch;
    for (const [field, schema] of Object.entries<Json>(properties)) {
      expect.soft(await violations(register(schema, document), null), field).toEqual([]);
    }
  });
});
