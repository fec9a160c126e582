import { DurableObject } from 'cloudflare:workers';

// The identity index of a realm that one database cannot hold, by itself: who has which address is kept in the database that the
// address hashes to, the row of a user in the one that their id hashes to, and the user's object makes both agree. See the guide
// *Scale*. It fails on purpose, as often as it is told to.

interface Env {
  ACCOUNT: DurableObjectNamespace<IndexedAccount>;
  [shard: `SHARD_${number}`]: D1Database;
}

const SHARDS = 16;

/** When an object tries again, milliseconds. */
const AGAIN = 300;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS identities (realm_id TEXT, kind TEXT, value TEXT, user_id TEXT NOT NULL,
     PRIMARY KEY (realm_id, kind, value)) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS homes (user_id TEXT PRIMARY KEY, realm_id TEXT NOT NULL, email TEXT NOT NULL) WITHOUT ROWID`,
];

/** What a user wants to be found by from now on, and was before. It is kept until all databases agree. */
interface Change {
  realmId: string;
  from: string | null;
  to: string;
}

/** In doubt is what a fault has interrupted: the object brings it to an end later. */
export type Outcome = 'done' | 'taken' | 'in doubt';

/** How many of a hundred acts fail: half of those before they happen, half after. */
let faults = 0;
let statements = 0;

/** The database that a key belongs to. 256 buckets lie on the databases, so that one more takes whole buckets over. */
async function shardOf(env: Env, ...key: string[]): Promise<D1Database> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key.join('\0')));
  const bucket = new Uint8Array(digest)[0] as number;
  return env[`SHARD_${bucket % SHARDS}`] as D1Database;
}

/** Runs a statement, or fails: before it, or when its answer is on the way. */
async function act<Row>(statement: D1PreparedStatement): Promise<Row[]> {
  statements += 1;
  const chance = Math.random() * 100;
  if (chance < faults / 2) throw new Error('a fault before');
  const { results } = await statement.all<Row>();
  if (chance < faults) throw new Error('a fault after');
  return results;
}

/** The part of a user's object that has to do with the index. */
export class IndexedAccount extends DurableObject<Env> {
  /** Registers the user (no address yet) or gives them another address. Whoever has the address first keeps it. */
  take(realmId: string, to: string): Promise<Outcome> {
    return this.ctx.blockConcurrencyWhile(async () => {
      if (this.open() && (await this.#agree()) === 'in doubt') return 'in doubt';
      const from = this.ctx.storage.kv.get<string>('email') ?? null;
      if (from === to) return 'done';
      // Written first: whatever happens now, the alarm brings it to an end.
      this.ctx.storage.kv.put('change', { realmId, from, to } satisfies Change);
      await this.ctx.storage.setAlarm(Date.now() + AGAIN);
      return this.#agree();
    });
  }

  override async alarm(): Promise<void> {
    await this.ctx.blockConcurrencyWhile(async () => {
      if (this.open() && (await this.#agree()) === 'in doubt')
        await this.ctx.storage.setAlarm(Date.now() + AGAIN);
    });
  }

  email(): string | null {
    return this.ctx.storage.kv.get<string>('email') ?? null;
  }

  open(): boolean {
    return this.ctx.storage.kv.get('change') !== undefined;
  }

  async #agree(): Promise<Outcome> {
    try {
      return await this.#steps();
    } catch {
      // Some objects are gone at that very moment, with all that they have in memory.
      if (Math.random() < 0.2) this.ctx.abort('evicted');
      return 'in doubt';
    }
  }

  /** Each step may have been done already, and then does nothing. */
  async #steps(): Promise<Outcome> {
    const { realmId, from, to } = this.ctx.storage.kv.get<Change>('change') as Change;
    const userId = this.ctx.id.name as string;
    const owned = await this.#claim(realmId, to, userId);
    if (!owned) {
      this.#end(null);
      return 'taken';
    }
    const home = await shardOf(this.env, userId);
    await act(
      home
        .prepare(
          'INSERT INTO homes VALUES (?1, ?2, ?3) ON CONFLICT (user_id) DO UPDATE SET email = ?3 WHERE email <> ?3',
        )
        .bind(userId, realmId, to),
    );
    if (from) {
      const old = await shardOf(this.env, realmId, 'email', from);
      await act(
        old
          .prepare('DELETE FROM identities WHERE (realm_id, kind, value, user_id) = (?, ?, ?, ?)')
          .bind(realmId, 'email', from, userId),
      );
    }
    this.#end(to);
    return 'done';
  }

  /** The primary key of one database decides who has an address. */
  async #claim(realmId: string, value: string, userId: string): Promise<boolean> {
    const index = await shardOf(this.env, realmId, 'email', value);
    const [row] = await act<{ user_id: string }>(
      index
        .prepare(
          // What is there already stays, and is told: also to a claim that is made again.
          `INSERT INTO identities VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET user_id = user_id RETURNING user_id`,
        )
        .bind(realmId, 'email', value, userId),
    );
    return row?.user_id === userId;
  }

  #end(email: string | null): void {
    this.ctx.storage.transactionSync(() => {
      if (email) this.ctx.storage.kv.put('email', email);
      this.ctx.storage.kv.delete('change');
    });
  }
}

interface Asked {
  realm: string;
  user: string;
  email: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const shards = Array.from({ length: SHARDS }, (_, number) => env[`SHARD_${number}`] as D1Database);
    const account = (user: string) => env.ACCOUNT.get(env.ACCOUNT.idFromName(user));
    switch (pathname) {
      case '/__floor':
        return new Response('ok\n');
      case '/migrate':
        await Promise.all(shards.map((shard) => shard.batch(TABLES.map((sql) => shard.prepare(sql)))));
        return Response.json({});
      case '/faults':
        faults = Number(searchParams.get('percent'));
        statements = 0;
        return Response.json({});
      case '/statements':
        return Response.json(statements);
      case '/take': {
        const { realm, user, email } = await request.json<Asked>();
        const outcome: Outcome = await account(user)
          .take(realm, email)
          .catch(() => 'in doubt' as const);
        return Response.json(outcome);
      }
      case '/find': {
        const [realm = '', email = ''] = [searchParams.get('realm') ?? '', searchParams.get('email') ?? ''];
        const index = await shardOf(env, realm, 'email', email);
        statements += 1;
        const found = await index
          .prepare('SELECT user_id FROM identities WHERE (realm_id, kind, value) = (?, ?, ?)')
          .bind(realm, 'email', email)
          .first<string>('user_id');
        return Response.json(found);
      }
      case '/open':
        // An object that was evicted a moment ago is asked again.
        return Response.json(
          await account(searchParams.get('user') ?? '')
            .open()
            .catch(() => true),
        );
      case '/object':
        return Response.json(await account(searchParams.get('user') ?? '').email());
      case '/all': {
        const sql = (table: string) => (shard: D1Database) =>
          shard
            .prepare(`SELECT * FROM ${table}`)
            .all()
            .then(({ results }) => results);
        const [identities, homes] = await Promise.all([
          Promise.all(shards.map(sql('identities'))),
          Promise.all(shards.map(sql('homes'))),
        ]);
        return Response.json({ identities, homes });
      }
      default:
        return new Response(null, { status: 404 });
    }
  },
};
