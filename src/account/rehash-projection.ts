import type { Fact } from './fact.ts';

/** A foreign or outdated hash and the one that replaces it, of the same password. */
export interface RehashData {
  from: string;
  to: string;
}

/** Replaces a password hash in D1, unless the password was changed meanwhile. */
export function projectRehash(db: D1Database, userId: string, fact: Fact): D1PreparedStatement[] {
  const { from, to } = fact.data as RehashData;
  return [
    db
      .prepare('UPDATE passwords SET hash = ?, updated_at = ? WHERE user_id = ? AND hash = ?')
      .bind(to, fact.at, userId, from),
  ];
}
