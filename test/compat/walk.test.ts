import { beforeAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../src/compat/dialects.ts';
import { split } from '../../src/compat/engine/canonical-request.ts';
import { wordsOf } from '../../src/compat/engine/fields.ts';
import type { AnyRow } from '../../src/compat/engine/row.ts';
import { DIALECT_NAMES } from '../../src/lib/dialect-names.ts';
import { call, changeDirectory, INTERNAL, PASSWORD, registerVerified } from '../support/api.ts';
import { violations } from '../support/contract.ts';
import { createRealmsOf } from '../support/dialects.ts';

// Every row of every dialect, by what the rows say of themselves.

const rows = DIALECT_NAMES.flatMap((name) =>
  (TABLES[name] as readonly AnyRow[])
    .filter(({ from, to }) => from !== to)
    .map((row) => [`${name}: ${row.from}`, name, row] as const),
);

const tokens = new Map<string, string>();

beforeAll(async () => {
  await createRealmsOf(rows.map(([, , row]) => row as never));
  const owner = await registerVerified();
  await changeDirectory(owner.user.id, { role: 'owner' });
  tokens.set('default', owner.access_token);
  for (const realm of ['user1', 'user2']) {
    const email = `walk-${crypto.randomUUID()}@example.com`;
    const body = { email, password: PASSWORD, first_name: 'Walk' };
    const made = await call('POST', `/${realm.replace('u', 'U')}/create`, { body });
    await changeDirectory(made.body.id, { email_verified: 1, role: 'admin' });
    const signedIn = await call('POST', '/v1/auth/login', {
      realm,
      body: { identifier: email, password: PASSWORD },
    });
    tokens.set(realm, signedIn.body.access_token);
  }
});

const filled = (path: string) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'provider' ? 'google' : 'usr_nobody'));

describe.each(rows)('%s', (_, name, row) => {
  const [method, path] = split(row.from);
  const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, placeholder]) => placeholder);

  it('speaks of wrong fields by the names that were sent', async () => {
    const { body, query } = wordsOf(row);
    // What a row sends on as it is has the canonical names.
    const asIs = row.sends ? [] : ['user_id'];
    const known = [...Object.keys(body), ...Object.keys(query), ...placeholders, ...asIs];
    const junk = Object.fromEntries(Object.keys(body).map((field) => [field, [[5]]]));
    const search = new URLSearchParams(Object.keys(query).map((field) => [field, '\u0001 %']));
    const callers = [{ token: tokens.get(row.realm ?? 'default') as string }, { headers: INTERNAL }, {}];
    for (const [sent, asked] of [
      [junk, search],
      [{}, ''],
    ] as const) {
      for (const caller of callers) {
        const answer = await call(method, `${filled(path)}?${asked}`, {
          ...caller,
          ...(method !== 'GET' && !row.upload && { body: sent }),
        });
        expect(answer.status).toBeLessThan(500);
        if (answer.status !== 422) continue;
        const detail = answer.body.detail ?? answer.body.error;
        const wrong: string[] = Array.isArray(detail)
          ? detail.map(({ loc }: { loc: string[] }) => loc[1])
          : detail.split('; ').map((text: string) => text.split(': ')[0]?.split('.')[0]);
        expect(wrong.filter((field) => field && !known.includes(field))).toEqual([]);
        const texts: string[] = Array.isArray(detail)
          ? detail.map(({ msg }: { msg: string }) => msg)
          : [detail];
        const spoken = texts.flatMap((text) => text.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? []);
        const words = ['created_at', 'updated_at', 'last_login', 'prompt_generation', 'request_type'];
        expect(spoken.filter((word) => ![...known, ...words].includes(word))).toEqual([]);
      }
    }
  });

  it('answers another method with a text where its clients look for one', async () => {
    const others = rows
      .filter(([, , other]) => split(other.from)[1] === path)
      .map(([, , other]) => split(other.from)[0]);
    const [wrong] = ['DELETE', 'PATCH', 'PUT', 'POST', 'GET'].filter((one) => !others.includes(one as never));
    const answer = await call(wrong as string, filled(path));
    // A path with a placeholder may have it.
    if (answer.status !== 405) return;
    expect(answer.body).toMatchObject({ detail: expect.any(String) });
  });

  it('stands in the document of its dialect', async () => {
    const { body } = await call('GET', `/docs/${name}/openapi.json`);
    const operation = body.paths[path][method.toLowerCase()];
    const { body: inBody, query } = wordsOf(row);
    const listed = [
      ...(operation.parameters ?? []).map((parameter: { name: string }) => parameter.name),
      ...Object.keys(
        (Object.values(operation.requestBody?.content ?? {})[0] as { schema: { properties: object } })?.schema
          .properties ?? {},
      ),
    ];
    const wanted = [...Object.keys(query), ...(method === 'GET' ? [] : Object.keys(inBody)), ...placeholders];
    expect(listed).toEqual(expect.arrayContaining(wanted));
  });
});

it('a path that nobody has is 404 with a text, for programs', async () => {
  for (const path of ['/api/nothing', '/User1/nothing', '/auth/nothing', '/api/v2/nothing']) {
    const { status, body } = await call('GET', path);
    expect([status, body]).toEqual([
      404,
      expect.objectContaining({ detail: expect.any(String), code: 'not_found' }),
    ]);
  }
});

describe.each(DIALECT_NAMES)('the document of %s', (name) => {
  it('is a page that /docs leads to, and valid', async () => {
    const page = await call<string>('GET', `/docs/${name}`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(page.body).toContain(`data-document="/docs/${name}/openapi.json"`);
    expect((await call<string>('GET', '/docs')).body).toContain(`href="/docs/${name}"`);
    const { body } = await call('GET', `/docs/${name}/openapi.json`);
    expect(await violations('https://spec.openapis.org/oas/3.1/schema-base', body)).toEqual([]);
    const ids = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((one) =>
      Object.values(one).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
