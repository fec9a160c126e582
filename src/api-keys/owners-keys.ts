import type { Databases } from '../db/databases.ts';
import type { Budget } from '../lib/run-budget.ts';

/** Losses that one run passes on. */
const PER_RUN = 20;

interface Loss {
  id: number;
  user_id: string;
  at: number;
  act: 'suspend' | 'revoke';
}

/** What becomes of keys in a database whose users the owners are not, as the triggers and batches of `DB` do it there. */
const ACTS: Record<Loss['act'], string> = {
  suspend: `UPDATE api_keys SET suspended_at = ?2
    WHERE keeper = ?1 AND created_at <= ?2 AND suspended_at IS NULL AND revoked_at IS NULL
      AND EXISTS (SELECT 1 FROM json_each(api_keys.scopes) WHERE value = 'admin')`,
  revoke: `UPDATE api_keys SET revoked_at = ?2 WHERE revoked_at IS NULL AND created_at <= ?2 AND id IN (
    WITH RECURSIVE made (id) AS (
      SELECT id FROM api_keys WHERE created_by = ?1
      UNION SELECT api_keys.id FROM api_keys JOIN made ON api_keys.created_by = made.id
    ) SELECT id FROM made)`,
};

/**
 * Ends or suspends API keys of realms in other databases whose makers or keepers were owners and are no more, or were somebody
 * else: what the batch that said so could not reach. Late, twice or at once comes to the same. Until then such keys with the scope
 * `admin` are refused by what the account object of the keeper says.
 */
export async function endOwnersKeys(databases: Databases, budget: Budget): Promise<void> {
  const others = databases.names.slice(1);
  if (others.length === 0 || !budget.take(1)) return;
  const { results } = await databases.control
    .prepare('SELECT id, user_id, at, act FROM owner_losses ORDER BY id LIMIT ?')
    .bind(PER_RUN)
    .all<Loss>();
  for (const { id, user_id, at, act } of results) {
    if (!budget.take(others.length + 1)) return;
    for (const name of others) await databases.get(name).prepare(ACTS[act]).bind(user_id, at).run();
    await databases.control.prepare('DELETE FROM owner_losses WHERE id = ?').bind(id).run();
  }
}
