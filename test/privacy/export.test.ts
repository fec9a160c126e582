import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { jsonStream, pagesOf } from '../../src/http/json-stream.ts';
import { createServices } from '../../src/services.ts';
import { expectProblem, register, registerVerified } from '../support/api.ts';

const textOf = (stream: ReadableStream) => new Response(stream).text();
async function* pages(...values: unknown[][]) {
  yield* values;
}

describe('a JSON document that is streamed', () => {
  it('is the document', async () => {
    const members = {
      plain: { a: [1, 'é"\n'] },
      none: pages(),
      empty: pages([], []),
      one: pages([], [1, null], [], ['x']),
      missing: undefined,
      nothing: null,
    };
    expect(JSON.parse(await textOf(jsonStream(members)))).toEqual({
      plain: { a: [1, 'é"\n'] },
      none: [],
      empty: [],
      one: [1, null, 'x'],
      missing: null,
      nothing: null,
    });
    expect(await textOf(jsonStream({}))).toBe('{}');
  });

  it('asks for a page when the one before was read, and for none when nobody reads any more', async () => {
    const asked: (number | null)[] = [];
    let closed = false;
    const list = (async function* () {
      try {
        yield* pagesOf<number>(async (after, limit) => {
          asked.push(after);
          return Array.from({ length: limit }, (_, n) => (after ?? 0) + n + 1);
        });
      } finally {
        closed = true;
      }
    })();
    const reader = jsonStream({ list }).getReader();
    expect(asked).toEqual([]);
    for (let chunks = 0; chunks < 3; chunks += 1) await reader.read();
    expect(asked).toEqual([null, 500]);
    await reader.cancel();
    expect(asked).toEqual([null, 500]);
    expect(closed).toBe(true);
  });

  it('is broken off where a page fails', async () => {
    const failing = (async function* () {
      yield [1];
      throw new Error('D1 is gone');
    })();
    await expect(textOf(jsonStream({ failing }))).rejects.toThrow('D1 is gone');
  });
});

describe('the export of a user', () => {
  const ROWS = 1_234;
  let user: Awaited<ReturnType<typeof registerVerified>>;
  /** What D1 was asked for at once, in rows. */
  const answered: number[] = [];

  const counting = (original: any): any =>
    new Proxy(original, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result = value.apply(target, args);
          if (name === 'withSession' || name === 'prepare' || name === 'bind') return counting(result);
          if (name === 'all' || name === 'raw') {
            return result.then((rows: any) => {
              answered.push((rows.results ?? rows).length);
              return rows;
            });
          }
          return result;
        };
      },
    });
  const bindings = { ...env, DB: counting(env.DB) } as unknown as Bindings;
  const app = createApp(createServices(bindings), bindings);
  const ask = (path: string, headers: Record<string, string>) =>
    app.request(`https://auth.test${path}`, { headers }, bindings);

  beforeAll(async () => {
    user = await registerVerified();
    const { id } = user.user;
    const fill = (sql: string) =>
      env.DB.prepare(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${ROWS}) ${sql}`,
      )
        .bind(id)
        .run();
    // Many of one moment, too: pages end between them.
    await fill("INSERT INTO usage_events SELECT ?1, n, n, 'images', n, NULL FROM n");
    await fill("INSERT INTO token_events SELECT ?1, n, n, 'small', n, 1, NULL FROM n");
    await fill(
      "INSERT INTO usage_daily SELECT ?1, date('2020-01-01', (n / 2) || ' days'), 'r' || (n % 2), 'default', n, n FROM n",
    );
    await fill(
      "INSERT INTO token_daily SELECT ?1, date('2020-01-01', (n / 3) || ' days'), 'm' || (n % 3), 'default', n, n, 1, 1 FROM n",
    );
    await fill(
      `INSERT INTO credit_transactions (user_id, seq, id, realm_id, type, amount, balance_after, reference, created_at)
       SELECT ?1, n, 'txn' || n, 'default', 'added', n, n, 'ref' || n, 1 FROM n`,
    );
    await fill(
      "INSERT INTO activity (user_id, seq, realm_id, at, type) SELECT ?1, n + 100, 'default', 7, 'signed_in' FROM n",
    );
    await fill(
      "INSERT INTO audit SELECT 'aud' || n, 'default', n / 700, ?1, 'realm_changed', 'x', '{}' FROM n",
    );
    await fill(
      `INSERT INTO sessions (id, user_id, seq, created_at, last_seen_at, expires_at, methods)
       SELECT 'ses' || n, ?1, 1, n / 700, 1, 1, '[]' FROM n`,
    );
    await fill(
      `INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, data, next_attempt_at, created_at, status)
       SELECT 'msg' || n, 'default', ?1, 'mail', 'welcome', 'x', '{}', 1, n / 700, 'sent' FROM n`,
    );
  });

  it.each(['/v1/me/export', '/account/data/export'])(
    '%s has every row once, read page by page',
    async (path) => {
      answered.length = 0;
      const cookie = `__Host-latchkey=${user.refresh_token}`;
      const answer = await ask(path, { cookie });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="account.json"');
      let text = '';
      let longest = 0;
      const decoder = new TextDecoder();
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        longest = Math.max(longest, chunk.length);
      }
      const document = JSON.parse(text);
      const of = (name: string, value: (row: any) => unknown) => new Set(document[name].map(value)).size;
      expect(of('usage_history', ({ quantity }) => quantity)).toBe(ROWS);
      expect(of('tokens_history', ({ input_tokens }) => input_tokens)).toBe(ROWS);
      expect(of('usage', ({ quantity }) => quantity)).toBe(ROWS);
      expect(of('tokens', ({ input_tokens }) => input_tokens)).toBe(ROWS);
      expect(of('credit_transactions', ({ id }) => id)).toBe(ROWS);
      expect(of('sessions', ({ id }) => id)).toBe(ROWS + 1);
      for (const name of ['usage_history', 'usage', 'tokens', 'credit_transactions', 'acts']) {
        expect(document[name], name).toHaveLength(ROWS);
      }
      expect(document.activity.length).toBeGreaterThanOrEqual(ROWS);
      expect(document.messages).toHaveLength(ROWS + 1);
      expect(document.sessions).toHaveLength(ROWS + 1);
      expect(document.acts[0]).toEqual({
        at: expect.any(String),
        action: 'realm_changed',
        target: 'x',
        details: {},
      });
      expect(Math.max(...answered)).toBe(500);
      expect(longest).toBeLessThan(256 * 1024);
    },
  );

  it('is refused before it begins', async () => {
    const { access_token } = await register();
    const answer = await ask('/v1/me/export', { authorization: `Bearer ${access_token}` });
    expectProblem(
      { status: answer.status, headers: answer.headers, body: await answer.json() },
      403,
      'email_not_verified',
    );
  });

  it.each([
    ['usage_daily', 'date', 'resource', '>'],
    ['token_daily', 'date', 'model', '>'],
    ['outbox', 'created_at', 'id', '<'],
    ['sessions', 'created_at', 'id', '<'],
  ])('goes on in %s where the page before ended, by an index', async (table, one, other, than) => {
    const order = than === '<' ? 'DESC' : 'ASC';
    const { results } = await env.DB.prepare(
      `EXPLAIN QUERY PLAN SELECT * FROM ${table} WHERE user_id = ? AND (${one}, ${other}) ${than} (?, ?)
       ORDER BY ${one} ${order}, ${other} ${order} LIMIT 500`,
    )
      .bind('x', 'y', 'z')
      .all<{ detail: string }>();
    expect(results[0]?.detail).toMatch(new RegExp(`USING .*(INDEX|PRIMARY KEY).*user_id=\\? AND \\(?${one}`));
  });
});
