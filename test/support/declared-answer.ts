import { expect } from 'vitest';
import { CATALOGUE, type ErrorCode } from '../../src/errors.ts';
import { ORIGIN } from './api.ts';
import { closed, declaredCodes, type Json, type Operation, register, violations } from './contract.ts';
import type { HostileRequest } from './hostile-request.ts';

/** How the transport may refuse what no operation declares: another address or method, a body that nobody asked for. */
const ELSEWHERE: string[] = ['not_found', 'realm_not_found', 'method_not_allowed'];
const UNASKED_BODY: string[] = ['invalid_json', 'payload_too_large', 'unsupported_media_type'];
/** What an answer would say if an internal error showed through. */
const INTERNAL = /SQLITE|D1_ERROR|drizzle|TypeError|ZodError|node_modules|\bat .+:\d+:\d+/;

/** Addresses of the schemas that answers are held against, made at their first use. */
const schemas = new Map<string, string>();

function schemaOf(operation: Operation, status: number, type: string, document: Json): string | undefined {
  const key = `${operation.method} ${operation.path} ${status} ${type}`;
  const schema = operation.definition.responses[status]?.content?.[type]?.schema;
  if (schema && !schemas.has(key)) schemas.set(key, register(closed(schema, document), document));
  return schemas.get(key);
}

/** Holds an answer against what its operation declares; gives its status, and its code when it is a problem. */
export async function expectDeclared(
  response: Response,
  request: HostileRequest,
  operation: Operation,
  document: Json,
): Promise<string> {
  const { status, headers } = response;
  const body = await response.text();
  expect(status, body).toBeLessThan(500);
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(body).not.toMatch(INTERNAL);
  if (request.method === 'OPTIONS' && status === 204) return '204';
  if (request.method === 'HEAD') return expectHead(status, body, operation);
  if (status >= 400) return expectDeclaredProblem(response, body, request, operation, document);
  expect(Object.keys(operation.definition.responses)).toContain(String(status));
  if (!operation.definition.responses[status].content) {
    expect(body).toBe('');
  } else {
    const address = schemaOf(operation, status, headers.get('content-type') ?? '', document);
    expect(address, `undeclared ${headers.get('content-type')}`).toBeDefined();
    expect(await violations(address as string, JSON.parse(body)), body).toEqual([]);
  }
  return String(status);
}

/** HEAD answers as GET does, without the body; of an address that has no GET it is refused. */
function expectHead(status: number, body: string, operation: Operation): string {
  expect(body).toBe('');
  const declared = operation.method === 'GET' ? Object.keys(operation.definition.responses) : ['405'];
  expect([...declared, '404', '405']).toContain(String(status));
  return String(status);
}

async function expectDeclaredProblem(
  { status, headers }: Response,
  body: string,
  request: HostileRequest,
  operation: Operation,
  document: Json,
): Promise<string> {
  expect(headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(body);
  const code = problem.code as ErrorCode;
  expect(CATALOGUE[code]?.status, body).toBe(status);
  expect(problem).toMatchObject({
    status,
    title: CATALOGUE[code].title,
    type: `${ORIGIN}/docs/errors#${code}`,
  });
  expect(problem.request_id).toBe(headers.get('x-request-id'));
  const declared = [
    ...declaredCodes(operation, status),
    ...(request.isAddressed ? [] : [...ELSEWHERE, 'origin_not_allowed']),
    ...(operation.definition.requestBody ? [] : UNASKED_BODY),
  ];
  expect(declared, `${code} is not declared`).toContain(code);
  const address = schemaOf(operation, status, 'application/problem+json', document);
  if (address) expect(await violations(address, problem), body).toEqual([]);
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+"/);
  if (status === 405) expect(headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
  if (status === 422) expect(problem.errors.length).toBeGreaterThan(0);
  if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  return code;
}
