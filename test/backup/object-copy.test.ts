import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CopyLine, CopyOutcome, CopyPart } from '../../src/account/copy-contract.ts';
import type { Account } from '../../src/account/object.ts';
import { newId } from '../../src/lib/ids.ts';
import { accountOf } from '../support/api.ts';
import { CLIENT, failAt, OPENING, scene, stateOf, stored, TERMS } from '../support/object-scene.ts';

const DAY = 86_400_000;
const BACKUP = 'bak_00000000000000000000000001';
/** Kept of what was put back, and what is of another time and place. */
const SETTLED = ['told', 'due', 'put_back', 'state'];

async function copied(userId: string): Promise<CopyLine[]> {
  const bytes = await new Response(await accountOf(userId).copy()).arrayBuffer();
  const lines = gunzipSync(Buffer.from(bytes)).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function partOf(lines: CopyLine[], change: Partial<CopyPart> = {}): CopyPart {
  const reconcileAt = Date.now() + 300 * DAY;
  return {
    ...{ backupId: BACKUP, lines, withSessions: true, toldActivity: null, database: 'DB', reconcileAt },
    ...change,
  };
}

/** The object of an id that nobody ever had. */
function empty(): string {
  return newId('usr', Date.now());
}

async function putBack(userId: string, part: CopyPart): Promise<CopyOutcome> {
  return (await accountOf(userId).putBack(part)) as CopyOutcome;
}

async function contents(userId: string): Promise<{ tables: unknown; values: Record<string, unknown> }> {
  return runInDurableObject(accountOf(userId), async (_, { storage }) => {
    const [tables, values] = JSON.parse(await stored(storage));
    // It stays once there was a table that numbers itself.
    const named = tables.filter(
      ([name, rows]: [string, unknown[]]) => name !== 'sqlite_sequence' || rows.length > 0,
    );
    return { tables: Object.fromEntries(named), values: Object.fromEntries(values) };
  });
}

/** A user with something of everything, also what tells the directory something that it does not know yet. */
async function rich(): Promise<string> {
  const userId = await scene();
  const object = accountOf(userId);
  await object.recordTokens(TERMS, {
    model: 'm',
    tier: 'standard',
    inputTokens: 90_000,
    outputTokens: 1,
    requestId: 'counted',
  });
  await object.consume(TERMS, { resource: 'images', quantity: 16, reference: 'consumed' });
  await object.setRecoveryCodes(['one', 'two'], 'ses_x', CLIENT);
  const session = (await object.open(stateOf(userId), OPENING)) as { sessionId: string };
  await object.endSession(session.sessionId, 'revoked', CLIENT);
  return userId;
}

describe('a copy of an account', () => {
  it('comes back as it was, by every way of asking', async () => {
    const userId = await rich();
    const before = await contents(userId);
    const lines = await copied(userId);
    const other = empty();
    expect(await putBack(other, partOf(lines))).toMatchObject({ result: 'whole' });
    const after = await contents(other);
    expect(after.tables).toEqual(before.tables);
    const plain = (values: Record<string, unknown>) =>
      Object.entries(values).filter(([key]) => !SETTLED.includes(key) && !key.startsWith('organization:'));
    expect(plain(after.values)).toEqual(plain(before.values));
    expect(after.values.state).toEqual({ ...(before.values.state as object), bookmark: null });

    const asked = async (id: string) => {
      const object = accountOf(id);
      return JSON.stringify([
        await object.listSessions(),
        await object.quotas(TERMS),
        await object.creditBalance(TERMS),
        await object.listCredits(TERMS, { before: null, limit: 100 }),
        await object.factorUses(),
        await object.consents(),
      ]);
    };
    expect(await asked(other)).toBe(await asked(userId));
    await evictDurableObject(accountOf(other));
    expect(await asked(other)).toBe(await asked(userId));
  });

  it('goes on numbering where it was', async () => {
    const userId = await scene();
    const numbered = (id: string) =>
      runInDurableObject(accountOf(id), (_, { storage }) => {
        storage.sql.exec(
          `CREATE TABLE IF NOT EXISTS facts (
             seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
           ) STRICT`,
        );
        const insert = "INSERT INTO facts (at, kind, data) VALUES (1, 'mail', '{}') RETURNING seq";
        const { seq } = storage.sql.exec<{ seq: number }>(insert).one();
        storage.sql.exec('DELETE FROM facts');
        return seq;
      });
    const last = await numbered(userId);
    const other = empty();
    expect(await putBack(other, partOf(await copied(userId)))).toMatchObject({ result: 'whole' });
    expect(await numbered(other)).toBe(last + 1);
  });

  it('leaves sessions out where they shall end, and nothing else', async () => {
    const userId = await rich();
    const other = empty();
    await putBack(other, partOf(await copied(userId), { withSessions: false }));
    expect(await accountOf(other).listSessions()).toEqual([]);
    expect(await accountOf(other).creditBalance(TERMS)).toEqual(await accountOf(userId).creditBalance(TERMS));
  });

  it('changes nothing of an account that somebody has used, nor of one that is deleted', async () => {
    const lines = await copied(await rich());
    const used = await scene();
    const before = await contents(used);
    expect(await putBack(used, partOf(lines))).toEqual({ result: 'used' });
    expect(await contents(used)).toEqual(before);
    await accountOf(used).userDeleted({ userId: used, realmId: 'default' });
    expect(await putBack(used, partOf(lines))).toEqual({ result: 'used' });
  });

  it('does nothing twice, and comes in parts', async () => {
    const userId = await rich();
    const lines = await copied(userId);
    const other = empty();
    const half = Math.floor(lines.length / 2);
    expect(await putBack(other, partOf(lines.slice(0, half)))).toEqual({ result: 'part' });
    expect(await accountOf(other).standing()).toBeNull();
    expect(await putBack(other, partOf(lines.slice(0, half)))).toEqual({ result: 'part' });
    const whole = await putBack(other, partOf(lines.slice(half)));
    expect(whole).toMatchObject({ result: 'whole' });
    await accountOf(other).useCredits(TERMS, {
      amount: 1,
      description: null,
      actor: 'key_test',
      reference: 'after',
    });
    const balance = await accountOf(other).creditBalance(TERMS);
    expect(await putBack(other, partOf(lines))).toMatchObject({ result: 'whole' });
    expect(await accountOf(other).creditBalance(TERMS)).toEqual(balance);
  });

  it('takes the place of one that was left half-way', async () => {
    const [first, second] = [await rich(), await scene()];
    const other = empty();
    await putBack(other, partOf((await copied(first)).slice(0, 4)));
    const backupId = 'bak_00000000000000000000000002';
    expect(await putBack(other, partOf(await copied(second), { backupId }))).toMatchObject({
      result: 'whole',
    });
    expect((await contents(other)).tables).toEqual((await contents(second)).tables);
  });

  it('tells the directory again what that has not heard', async () => {
    const userId = await rich();
    await runInDurableObject(accountOf(userId), (one) => (one as Account).alarm());
    const { values } = await contents(userId);
    const told = values.told as { activity: number };
    expect(told.activity).toBeGreaterThan(1);
    const lines = await copied(userId);
    const [behind, unknown] = [empty(), empty()];
    await putBack(behind, partOf(lines, { toldActivity: 1 }));
    expect((await contents(behind)).values.told).toMatchObject({ activity: 1, standing: null });
    await putBack(unknown, partOf(lines, { toldActivity: null }));
    expect((await contents(unknown)).values.told).toMatchObject({ activity: told.activity });
  });

  it('is refused when a row, a table or the end is missing, or what it says is none of a copy', async () => {
    const lines = await copied(await rich());
    const missingRow = lines.map((line) =>
      'rows' in line && line.table === 'sessions' ? { ...line, rows: line.rows.slice(1) } : line,
    );
    const changed = lines.map((line) =>
      'rows' in line && line.table === 'credit_transactions'
        ? { ...line, rows: line.rows.map((row) => row.map((value) => (value === 30 ? 3000 : value))) }
        : line,
    );
    const [begin, ...rest] = lines as [Extract<CopyLine, { tables: unknown }>, ...CopyLine[]];
    const evil = [
      'DROP TABLE sessions',
      'CREATE TABLE x (a); DROP TABLE sessions',
      'PRAGMA user_version = 1',
    ];
    const bad = [
      missingRow,
      changed,
      rest,
      ...evil.map((made) => [{ ...begin, tables: [{ name: 'x', made: [made], last: null }] }, ...rest]),
      [begin, { account: 'x', table: 'nothing', columns: ['a'], rows: [[1]] }],
      [begin, { account: 'x', table: 'sessions', columns: ['a"'], rows: [[1]] }],
      [begin, { account: 'x', table: 'sessions', columns: ['id'], rows: [['x']] }],
    ];
    for (const one of bad) {
      const other = empty();
      expect(await putBack(other, partOf(one)), JSON.stringify(one).slice(0, 200)).toEqual({
        result: 'broken',
      });
      expect(await contents(other)).toEqual({ tables: {}, values: {} });
    }
  });

  it('has done nothing when any statement fails', async () => {
    const lines = await copied(await rich());
    const other = empty();
    const counted = await runInDurableObject(accountOf(other), async (object, { storage }) => {
      const before = await stored(storage);
      for (let n = 1; ; n += 1) {
        const fault = failAt(storage, n);
        const outcome = await (object as Account).putBack(partOf(lines));
        fault.end();
        if (!fault.reached()) {
          expect(outcome).toMatchObject({ result: 'whole' });
          return n - 1;
        }
        expect(outcome, `statement ${n}`).toEqual({ result: 'broken' });
        expect(await stored(storage), `statement ${n}`).toBe(before);
      }
    });
    expect(counted).toBeGreaterThan(30);
  });

  it('is of one moment: what is written meanwhile is in it whole or not at all', async () => {
    const userId = await scene();
    const object = accountOf(userId);
    const use = (n: number) =>
      object.useCredits(TERMS, { amount: 1, description: null, actor: 'key_test', reference: `n${n}` });
    const [, stream] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, (_, n) => use(n))),
      object.copy(),
      Promise.all(Array.from({ length: 10 }, (_, n) => use(n + 10))),
    ]);
    await Promise.all(Array.from({ length: 10 }, (_, n) => use(n + 20)));
    const bytes = await new Response(stream as ReadableStream).arrayBuffer();
    const lines = gunzipSync(Buffer.from(bytes))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const other = empty();
    expect(await putBack(other, partOf(lines))).toMatchObject({ result: 'whole' });
    const { transactions } = (await accountOf(other).listCredits(TERMS, { before: null, limit: 100 })) as any;
    const used = transactions.filter(({ reference }: any) => /^n\d/.test(reference)).length;
    const balance = ((await accountOf(other).creditBalance(TERMS)) as any).balance;
    const before = ((await accountOf(userId).creditBalance(TERMS)) as any).balance + 30;
    expect(balance).toBe(before - used);
  });

  it('gives way to a user who comes before the rest of it does', async () => {
    const lines = await copied(await rich());
    const other = empty();
    expect(await putBack(other, partOf(lines.slice(0, -1)))).toEqual({ result: 'part' });
    expect(await accountOf(other).open(stateOf(other), OPENING)).toHaveProperty('sessionId');
    expect(await accountOf(other).creditBalance(TERMS)).toMatchObject({ balance: 57 });
    const before = await contents(other);
    expect(await putBack(other, partOf(lines.slice(-1)))).toEqual({ result: 'used' });
    expect(await putBack(other, partOf(lines))).toEqual({ result: 'used' });
    expect(await contents(other)).toEqual(before);
  });

  it('goes with a user who is deleted before the rest of it comes', async () => {
    const lines = await copied(await rich());
    const other = empty();
    await putBack(other, partOf(lines.slice(0, -1)));
    await accountOf(other).userDeleted({ userId: other, realmId: 'default' });
    expect((await contents(other)).tables).toEqual({});
    expect(await putBack(other, partOf(lines))).toEqual({ result: 'used' });
  });

  it('is of one backup, and with sessions or without', async () => {
    const [first, second] = [await copied(await rich()), await copied(await scene())];
    const other = empty();
    await putBack(other, partOf(first.slice(0, -1)));
    const backupId = 'bak_00000000000000000000000002';
    await putBack(other, partOf(second.slice(0, 2), { backupId }));
    expect(await putBack(other, partOf(first.slice(-1)))).toEqual({ result: 'broken' });
    const third = empty();
    await putBack(third, partOf(first.slice(0, -1)));
    expect(await putBack(third, partOf(first, { withSessions: false }))).toMatchObject({ result: 'whole' });
    expect(await accountOf(third).listSessions()).toEqual([]);
  });

  it('looks the user up in the database that has them here', async () => {
    const lines = await copied(await scene());
    const elsewhere = lines.map((line) =>
      'values' in line
        ? {
            ...line,
            values: { ...line.values, state: { ...(line.values.state as object), database: 'DB_9' } },
          }
        : line,
    );
    const other = empty();
    expect(await putBack(other, partOf(elsewhere))).toMatchObject({ result: 'whole' });
    expect((await contents(other)).values.state).not.toHaveProperty('database');
  });

  it('has nothing of an account that nobody has used', async () => {
    const bytes = await new Response(await accountOf(empty()).copy()).arrayBuffer();
    expect(bytes.byteLength).toBe(0);
  });
});
