import { env } from 'cloudflare:workers';

/** Makes the table where a migration has not. */
export async function ensureDevMessages(): Promise<void> {
  await env.DB.prepare(
    `CREATE TABLE IF NOT EXISTS dev_messages (
       id TEXT PRIMARY KEY, channel TEXT NOT NULL, recipient TEXT NOT NULL, sender TEXT NOT NULL,
       subject TEXT, html TEXT, text TEXT NOT NULL, created_at INTEGER NOT NULL
     ) STRICT`,
  ).run();
}

/** What the `dev` providers have kept for that address or number. */
export async function devMessages(recipient: string): Promise<Record<string, unknown>[]> {
  const statement = env.DB.prepare('SELECT * FROM dev_messages WHERE recipient = ? ORDER BY created_at');
  return (await statement.bind(recipient).all()).results;
}
