import { env } from 'cloudflare:workers';
import type { Row } from '../../src/compat/engine/row.ts';
import { createRealm } from './api.ts';

/** Makes the realms of rows, those that there are not. */
export async function createRealmsOf(rows: readonly Row[]): Promise<void> {
  const { results } = await env.DB.prepare('SELECT id FROM realms').all<{ id: string }>();
  const wanted = new Set(rows.flatMap(({ realm }) => realm ?? []));
  for (const { id } of results) wanted.delete(id);
  for (const id of wanted) await createRealm(id);
}
