import { env } from 'cloudflare:workers';
import { eq, sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { primary } from '../../src/db/client.ts';
import { preparedOnce } from '../../src/db/prepared.ts';
import { realms } from '../../src/realms/tables.ts';

const byId = () => {
  const built: number[] = [];
  const query = preparedOnce((db) => {
    built.push(1);
    return db
      .select()
      .from(realms)
      .where(eq(realms.id, sql.placeholder('id')));
  });
  return { built, query };
};

it('builds its SQL once, and asks in the session that it is given', async () => {
  const { built, query } = byId();
  const sessions = [primary(env.DB), primary(env.DB)];
  for (const { db } of sessions) {
    expect(await query(db).get({ id: 'default' })).toMatchObject({ id: 'default', allowedOrigins: [] });
  }
  expect(built).toHaveLength(1);
  // Each session has asked by itself: that is what a bookmark tells.
  expect(sessions.map((session) => session.bookmark())).not.toContain(null);
});

it('answers calls at the same time each by its own values', async () => {
  const { query } = byId();
  const { db } = primary(env.DB);
  const [known, unknown, list] = await Promise.all([
    query(db).get({ id: 'default' }),
    query(db).get({ id: 'nowhere' }),
    query(primary(env.DB).db).all({ id: 'default' }),
  ]);
  expect([known?.id, unknown, list.length]).toEqual(['default', undefined, 1]);
});
