import { beforeAll, describe, expect, it } from 'vitest';
import { createRealm, PASSWORD } from '../support/api.ts';
import { solved, suspiciousAddress } from '../support/challenge.ts';
import { submit, visit } from '../support/pages.ts';

const unique = () => `${crypto.randomUUID()}@example.com`;

beforeAll(async () => {
  await createRealm('page-robots', { challenge: 'altcha' });
  await createRealm('page-turnstile', { challenge: 'turnstile' });
});

/** The challenge that a page has for its browser. */
function challengeIn(page: string) {
  const [, json = ''] = /data-challenge="([^"]*)"/.exec(page) ?? [];
  return JSON.parse(json.replaceAll('&quot;', '"'));
}

const PAGES: [path: string, fields: () => Record<string, string>][] = [
  ['/register', () => ({ email: unique(), password: PASSWORD })],
  ['/forgot-password', () => ({ email: unique() })],
  ['/login/code', () => ({ to: unique() })],
  ['/login/link', () => ({ email: unique() })],
];

describe.each(PAGES)('%s', (path, fields) => {
  it('has no script for who is not suspicious', async () => {
    const page = await visit(path, { realm: 'page-robots' });
    expect(page.body).not.toMatch(/pages\/challenge\./);
    expect((await submit(path, fields(), { realm: 'page-robots' })).status).toBeLessThan(400);
  });

  it('has the browser solve a challenge for who is, and then takes the form', async () => {
    const options = { realm: 'page-robots', ip: await suspiciousAddress('page-robots') };
    const asked = await submit(path, fields(), options);
    expect(asked.status).toBe(422);
    expect(asked.body).toContain('Please send the form once more');
    expect(asked.body).toContain('This needs JavaScript.');
    expect(asked.headers.get('content-security-policy')).toMatch(
      /script-src https:\/\/auth\.test\/pages\/kit\.[0-9a-f]{12}\.js https:\/\/auth\.test\/pages\/challenge\.[0-9a-f]{12}\.js; form-action/,
    );
    const solution = await solved(challengeIn(asked.body));
    expect((await submit(path, { ...fields(), solution }, options)).status).toBeLessThan(400);
    expect((await submit(path, { ...fields(), solution }, options)).status).toBe(422);
  });

  it('has another challenge where something else was wrong with the form', async () => {
    const options = { realm: 'page-robots', ip: await suspiciousAddress('page-robots') };
    const solution = await solved(challengeIn((await submit(path, fields(), options)).body));
    const wrong = Object.fromEntries(Object.keys(fields()).map((name) => [name, 'x']));
    const refused = await submit(path, { ...wrong, solution }, options);
    expect(refused.status).toBe(422);
    expect(refused.body).not.toContain('Please send the form once more');
    const next = await solved(challengeIn(refused.body));
    expect((await submit(path, { ...fields(), solution: next }, options)).status).toBeLessThan(400);
  });

  it('has the widget of Turnstile in a realm that has chosen it, and a policy that lets it in', async () => {
    const options = { realm: 'page-turnstile', ip: await suspiciousAddress('page-turnstile') };
    const asked = await submit(path, fields(), options);
    expect(asked.body).toContain(
      'class="cf-turnstile" data-sitekey="0x4AAA-site" data-response-field-name="solution"',
    );
    expect(asked.headers.get('content-security-policy')).toContain(
      '.js https://challenges.cloudflare.com/turnstile/v0/api.js; frame-src https://challenges.cloudflare.com; ',
    );
    const solution = `good-${crypto.randomUUID()}`;
    expect((await submit(path, { ...fields(), solution }, options)).status).toBeLessThan(400);
  });
});
