import { expect } from 'vitest';
import { CATALOGUE, type ErrorCode } from '../../src/errors.ts';
import { ORIGIN } from './api.ts';
import { closed, declaredCodes, type Json, type Operation, register, violations } from './contract.ts';
import type { HostileRequest } from './hostile-request.ts';

/** Types of answers that are no JSON. */
const FILES = ['text/csv', 'application/gzip'];
/** How the transport may refuse what is no operation: another address or method, and any of them from a stranger. */
const ELSEWHERE = ['not_found', 'realm_not_found', 'method_not_allowed', 'origin_not_allowed'];
/** How it may refuse a body that the operation did not ask for. */
const UNASKED_BODY = ['invalid_json', 'payload_too_large', 'unsupported_media_type'];
/** What an answer would say if an internal error showed through. */
const INTERNAL = /SQLITE|D1_ERROR|drizzle|TypeError|ZodError|node_modules|\bat .+:\d+:\d+/;

/** Holds answers against what a document declares. */
export class DeclaredAnswers {
  readonly #document: Json;
  readonly #operations: Operation[];
  /** Addresses of the schemas, each made at its first use. */
  readonly #schemas = new Map<Json, string>();

  constructor(document: Json, operations: Operation[]) {
    this.#document = document;
    this.#operations = operations;
  }

  /** Expects the answer to be declared, and gives its code when it is a problem, else its status. */
  async expect(response: Response, request: HostileRequest, meant: Operation): Promise<string> {
    const { status, headers } = response;
    const body = await response.text();
    expect(status, body).toBeLessThan(500);
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(body).not.toMatch(INTERNAL);
    if (request.method === 'OPTIONS' && status === 204) return '204';
    const isHead = request.method === 'HEAD';
    const method = isHead ? 'GET' : request.method;
    const operation =
      this.#operations.find((other) => other.path === meant.path && other.method === method) ??
      // `/users/import` and `/organizations/import` have one method; with others they are an `{id}`.
      this.#operations.find((other) => other.method === method && matches(other.path, request.url));
    if (isHead) expect(body).toBe('');
    const declaredJson = operation?.definition.responses[status]?.content?.['application/json'];
    // RFC 6749 has errors of its own.
    if (status >= 400 && !isHead && declaredJson && headers.get('content-type') === 'application/json') {
      await this.#expectJson(body, declaredJson);
      return JSON.parse(body).error;
    }
    if (status >= 400) {
      const isPage = headers.get('content-type')?.startsWith('text/html') ?? false;
      if (isPage) expectPageForPeople(request);
      const code = isHead || isPage ? undefined : await this.#expectProblem(response, body, operation);
      this.#expectRefusal(code, status, request, operation);
      return code ?? String(status);
    }
    // Dots in a path may lead to the root, which leads on.
    if (status === 303 && new URL(request.url).pathname === '/') return String(status);
    const declared = operation?.definition.responses[status];
    expect(declared, `undeclared status ${status}`).toBeDefined();
    if (isHead || !declared.content) expect(body).toBe('');
    else if (FILES.includes(headers.get('content-type')?.split(';')[0] ?? ''))
      expect(declared.content).toHaveProperty([headers.get('content-type')?.split(';')[0] ?? '']);
    else await this.#expectJson(body, declared.content[headers.get('content-type') ?? '']);
    return String(status);
  }

  async #expectProblem({ status, headers }: Response, body: string, operation?: Operation): Promise<string> {
    expect(headers.get('content-type')).toBe('application/problem+json');
    const problem = JSON.parse(body);
    const { code } = problem;
    const title = CATALOGUE[code as ErrorCode]?.title;
    expect(CATALOGUE[code as ErrorCode]?.status, body).toBe(status);
    expect(problem).toMatchObject({ status, title, type: `${ORIGIN}/docs/errors#${code}` });
    expect(problem.request_id).toBe(headers.get('x-request-id'));
    const declared = operation?.definition.responses[status]?.content['application/problem+json'];
    await this.#expectJson(body, declared ?? { schema: { $ref: '#/components/schemas/Problem' } });
    if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="[^"]+"/);
    if (status === 405) expect(headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    if (status === 422) expect(problem.errors.length).toBeGreaterThan(0);
    if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    return code;
  }

  /** HEAD and pages have no code: any of that status will do. */
  #expectRefusal(code: string | undefined, status: number, request: HostileRequest, operation?: Operation) {
    const codes = [
      ...(operation ? declaredCodes(operation, status) : []),
      ...(request.isAddressed ? [] : ELSEWHERE),
      ...(request.isAddressed && operation?.definition.requestBody ? [] : UNASKED_BODY),
    ].filter((declared) => CATALOGUE[declared as ErrorCode].status === status);
    expect(codes, `${code ?? status} is not declared`).toContain(code ?? codes[0]);
  }

  async #expectJson(body: string, content: Json | undefined): Promise<void> {
    expect(content, 'undeclared content type').toBeDefined();
    const { schema } = content as Json;
    let address = this.#schemas.get(schema);
    if (!address) {
      address = register(closed(schema, this.#document), this.#document);
      this.#schemas.set(schema, address);
    }
    expect(await violations(address, JSON.parse(body)), body).toEqual([]);
  }
}

function matches(template: string, url: string): boolean {
  const path = new URL(url).pathname.replace(/^\/realms\/[^/]+/, '');
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

/** A page instead of a problem is for browsers, and for addresses that no program has. */
function expectPageForPeople({ url, headers }: HostileRequest): void {
  expect(headers.some(([name, value]) => name === 'accept' && value.includes('text/html'))).toBe(true);
  expect(new URL(url).pathname).not.toMatch(/^(\/realms\/[^/]+)?\/v1\/(?!oauth\/[^/]*\/(login|callback)$)/);
}
