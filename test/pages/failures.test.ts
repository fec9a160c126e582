import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, freshAddress, ORIGIN } from '../support/api.ts';
import { submit, visit } from '../support/pages.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const headers = (more: Record<string, string>) => ({ headers: { ...form, ...more } });

describe('somebody with a browser gets a page', () => {
  it.each([
    [404, 'There is nothing here', () => visit('/nowhere')],
    [404, 'There is nothing here', () => visit('/login', { realm: 'nobody' })],
    [
      405,
      'This page works differently',
      () => call('DELETE', '/login', { headers: { accept: 'text/html' } }),
    ],
    [403, 'This form came from somewhere else', () => submit('/login', {}, headers({ origin: 'null' }))],
    [413, 'That is too much', () => submit('/login', { identifier: 'a'.repeat(70_000) })],
    [415, 'This can’t be read', () => submit('/login', {}, { headers: { 'content-type': 'text/plain' } })],
    [400, 'This can’t be read', () => submit('/login', 'identifier=%ff&password=%fe')],
  ] as const)('with status %i: %s', async (status, title, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.body).toContain(`<h1>${title}</h1>`);
    expect(answer.body).toContain(answer.headers.get('x-request-id'));
  });

  it('that keeps the headers of the failure', async () => {
    const answer = await call('POST', '/docs', { headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('after too many forms, in their language', async () => {
    const ip = freshAddress();
    for (let n = 0; n < 100; n += 1) await call('POST', '/v1/auth/login', { body: {}, ip });
    const answer = await submit('/login', {}, { ip, headers: { 'accept-language': 'de' } });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.body).toContain('<html lang="de">');
    expect(answer.body).toContain('Einen Moment bitte');
  });

  it.each([
    [503, 'Back in a moment', 'D1_ERROR: secret reason'],
    [500, 'Something went wrong', 'secret reason'],
  ])('when the directory fails, %i, and no reason', async (status, title, reason) => {
    const fail = () => {
      throw new Error(reason);
    };
    const DB = { withSession: () => ({ prepare: fail, batch: fail }) };
    const bindings = { ...env, DB } as never;
    const app = createApp(createServices(bindings), bindings);
    const request = new Request(`${ORIGIN}/login`, { headers: { accept: 'text/html' } });
    const answer = await app.fetch(request);
    expect(answer.status).toBe(status);
    const body = await answer.text();
    expect(body).toContain(`<h1>${title}</h1>`);
    expect(body).not.toContain('secret');
  });
});

describe('a program gets a problem', () => {
  it.each(['/v1/nothing', '/.well-known/nothing', '/avatars/nothing', '/health?deep=2'])(
    'at %s, whatever it accepts',
    async (path) => {
      const answer = await visit(path);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('anywhere, when it does not ask for HTML', async () => {
    for (const accept of ['*/*', 'application/json', 'application/problem+json']) {
      expectProblem(await call('GET', '/nowhere', { headers: { accept } }), 404, 'not_found');
    }
  });
});

it('a page for an address that looks like another host leads to none', async () => {
  for (const path of ['//evil.example/x', '/\\evil.example', '/%2f%2fevil.example']) {
    const { status, body } = await visit(path);
    expect(status).toBe(404);
    expect(body).not.toMatch(/(href|src|action)="(?![?#]|\/\w)/);
  }
});
