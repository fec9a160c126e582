import { runInDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SessionBook } from '../../src/account/session-book.ts';
import { SessionTable } from '../../src/account/session-table.ts';
import { AccountStateStore } from '../../src/account/state-store.ts';
import { accountOf } from '../support/api.ts';
import { opened, showToken } from '../support/sessions.ts';

const KEY = Buffer.alloc(32, 7);
const SECOND = 1_000;
const LOST_ANSWER = 600 * SECOND;

let next = 0;
/** Runs over the sessions of an object that is no user's. `rows` are those that were written since. */
function withBook<T>(test: (book: SessionBook, rows: () => number) => T): Promise<T> {
  next += 1;
  return runInDurableObject(accountOf(`book-${next}`), (_, { storage }) => {
    const cursors: SqlStorageCursor<any>[] = [];
    const sql = new Proxy(storage.sql, {
      get: (target, name) =>
        name === 'exec'
          ? (query: string, ...bindings: any[]) => {
              const cursor = target.exec(query, ...bindings);
              cursors.push(cursor);
              return cursor;
            }
          : Reflect.get(target, name),
    });
    SessionTable.create(sql);
    return test(new SessionBook(sql, [KEY], new AccountStateStore(storage.kv), () => {}), () =>
      cursors.splice(0).reduce((rows, { rowsWritten }) => rows + rowsWritten, 0),
    );
  });
}

const USER = `usr_${'0'.repeat(26)}`;

/** What the guide says of a session's tokens, by number. */
class Tokens {
  readonly until: number[] = [];
  rotatedAt = 0;
  shown = false;
  ended = false;

  get current(): number {
    return this.until.length;
  }

  stands(token: number, now: number): boolean {
    if (this.ended) return false;
    if (token === this.current) return true;
    if (now < (this.until[token] as number)) return true;
    return token === this.current - 1 && !this.shown && now < this.rotatedAt + LOST_ANSWER;
  }

  refresh(token: number, grace: number, now: number): number | 'reused' | null {
    if (this.ended) return null;
    if (!this.stands(token, now)) {
      this.ended = true;
      return 'reused';
    }
    if (token !== this.current) return this.current;
    this.until.push(now + grace * SECOND);
    this.rotatedAt = now;
    this.shown = false;
    return this.current;
  }
}

const command = fc.record({
  do: fc.constantFrom('refresh', 'refresh', 'refresh', 'show'),
  // Back from the newest.
  token: fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 30 })),
  grace: fc.constantFrom(0, 1, 30, 600),
  wait: fc.constantFrom(0, 0, 1, 999, 1_000, 20_000, 29_999, 30_000, 300_000, 599_999, 600_000),
});

it('a session’s tokens do what the guide says, whoever sends which of them when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), (commands) =>
      withBook((book) => {
        let now = Date.now();
        const row = book.open(opened(), now);
        const issued = [book.tokenOf(USER, row)];
        const model = new Tokens();
        for (const { do: what, token, grace, wait } of commands) {
          now += wait;
          const at = Math.max(0, issued.length - 1 - token);
          if (what === 'show') {
            const stands = model.stands(at, now);
            expect(showToken(book, issued[at] as string, now)).toBe(stands);
            if (stands && at === model.current) model.shown = true;
            continue;
          }
          const expected = model.refresh(at, grace, now);
          const rotated = book.rotate(issued[at] as string, grace, now);
          if (typeof expected !== 'number') {
            expect(rotated?.result ?? null).toBe(expected);
          } else if (rotated?.result !== 'rotated') {
            expect.unreachable('the session ended');
          } else {
            issued[expected] ??= rotated.token;
            expect(rotated.token).toBe(issued[expected]);
          }
        }
        expect(new Set(issued).size).toBe(issued.length);
      }),
    ),
    { numRuns: 100 },
  );
});

// Each tab reads the token that all share, sends it within the grace, and stores the answer, if that arrives.
const act = fc.record({
  tab: fc.nat({ max: 3 }),
  do: fc.constantFrom('read', 'send', 'send and lose the answer'),
  wait: fc.constantFrom(0, 1, 1_000, 5_000, 60_000, 599_999),
});

it('no honest clients of one store are signed out, however many answers are lost in ten minutes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 80 }), (acts) =>
      withBook((book) => {
        let now = Date.now();
        const row = book.open(opened(), now);
        let store = book.tokenOf(USER, row);
        let lostAt = Number.POSITIVE_INFINITY;
        const tabs = new Map<number, { token: string; readAt: number }>();
        for (const { tab, do: what, wait } of acts) {
          if (now + wait >= lostAt + LOST_ANSWER) continue;
          now += wait;
          const held = tabs.get(tab);
          if (what === 'read') tabs.set(tab, { token: store, readAt: now });
          else if (held && now < held.readAt + 30 * SECOND) {
            const answer = book.rotate(held.token, 30, now);
            if (answer?.result !== 'rotated') return expect.unreachable('an honest client was signed out');
            if (what === 'send') {
              store = answer.token;
              lostAt = Number.POSITIVE_INFINITY;
            } else if (answer.token !== store) lostAt = Math.min(lostAt, now);
          }
        }
      }),
    ),
    { numRuns: 100 },
  );
});

// These numbers are what a refresh costs: they are exact, and a change that raises one has to say why.
it('a refresh writes one row, a retry none, and the first cookie after a refresh one', async () => {
  await withBook((book, rows) => {
    const now = Date.now();
    const token = book.tokenOf(USER, book.open(opened(), now));
    rows();
    for (let times = 0; times < 3; times++) {
      book.rotate(token, 30, now);
      expect(rows()).toBe(times === 0 ? 1 : 0);
    }
    const second = book.rotate(token, 30, now);
    if (second?.result !== 'rotated') return expect.unreachable();
    rows();
    book.rotate(second.token, 30, now);
    expect(rows()).toBe(1);
    const third = book.rotate(token, 30, now);
    if (third?.result !== 'rotated') return expect.unreachable();
    for (let times = 0; times < 3; times++) {
      showToken(book, third.token, now);
      expect(rows()).toBe(times === 0 ? 1 : 0);
    }
  });
});

it('remembers a hundred tokens at most, in two kilobytes', async () => {
  await withBook((book) => {
    const now = Date.now();
    let row = book.open(opened(), now);
    const tokens = [book.tokenOf(USER, row)];
    for (let times = 0; times < 300; times++) {
      const answer = book.rotate(tokens.at(-1) as string, 600, now);
      if (answer?.result !== 'rotated') return expect.unreachable();
      row = answer.row;
      tokens.push(answer.token);
    }
    expect(row.superseded.length).toBeLessThan(2_000);
    expect(book.rotate(tokens.at(-101) as string, 600, now)?.result).toBe('rotated');
    expect(book.rotate(tokens.at(-102) as string, 600, now)?.result).toBe('reused');
  });
});
