import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { ActivityLog } from '../../src/account/activity-log.ts';
import { PastSessions } from '../../src/account/past-sessions.ts';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { jsonStream, pagesOf } from '../../src/http/json-stream.ts';
import { createServices } from '../../src/services.ts';
import { accountOf, call, expectProblem, register, registerVerified } from '../support/api.ts';

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
    const numbers = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${ROWS})`;
    const fill = (sql: string) => env.DB.prepare(`${numbers} ${sql}`).bind(id).run();
    await call('GET', '/v1/me/credits', { token: user.access_token });
    await runInDurableObject(accountOf(id), (_, { storage }) => {
      ActivityLog.createTable(storage.sql);
      PastSessions.createTable(storage.sql);
      // Many of one moment, too: pages end between them.
      for (const sql of [
        `INSERT INTO uses SELECT n, 'consume', NULL, ${Date.now()}, '2020-01-01', 'images', n, 0, NULL, NULL FROM n`,
        `INSERT INTO token_uses SELECT n, NULL, ${Date.now()}, '2020-01-01', 'small', 'small', n, 1, NULL, NULL FROM n`,
        "INSERT INTO quota_days SELECT 'r' || (n % 2), date('2020-01-01', (n / 2) || ' days'), n FROM n",
        "INSERT INTO token_days SELECT date('2020-01-01', (n / 3) || ' days'), 'm' || (n % 3), n, 1, 1 FROM n",
        `INSERT INTO credit_transactions (seq, id, type, amount, balance_after, reference, created_at)
         SELECT n, 'txn' || n, 'added', n, n, 'ref' || n, 1 FROM n`,
        `INSERT INTO activity (seq, at, type) SELECT n + 100, ${Date.now()}, 'signed_in' FROM n`,
        `INSERT INTO past_sessions (id, created_at, last_seen_at, expires_at, methods)
         SELECT 'ses' || n, n / 700, 1, 1, '[]' FROM n`,
      ]) {
        storage.sql.exec(`${numbers} ${sql}`);
      }
      const reached = { uses: ROWS, tokens: ROWS };
      storage.kv.put('told', { folded: reached, sent: reached, activity: 2 * ROWS, standing: null, base: 0 });
    });
    await evictDurableObject(accountOf(id));
    await fill(
      "INSERT INTO audit SELECT 'aud' || n, 'default', n / 700, ?1, 'realm_changed', 'x', '{}', NULL FROM n",
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

  it('goes on where the page before ended, by an index', async () => {
    const { results } = await env.DB.prepare(
      `EXPLAIN QUERY PLAN SELECT * FROM outbox WHERE user_id = ? AND channel <> 'webhook' AND (created_at, id) < (?, ?)
       ORDER BY created_at DESC, id DESC LIMIT 500`,
    )
      .bind('x', 'y', 'z')
      .all<{ detail: string }>();
    expect(results[0]?.detail).toMatch(/USING .*INDEX.*user_id=\? AND \(?created_at/);
  });
});
