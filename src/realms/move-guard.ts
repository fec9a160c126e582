import { movedMessage } from '../db/following.ts';
import { isOfRealm, MOVED_TABLES, type MovedTable, SUM_TABLES } from './move-tables.ts';

// While a realm moves, and until the move is confirmed, triggers in both databases note which of its rows are written, and refuse
// to write any where the realm does not live. They are made for one realm: without a move they cost nobody anything.

const ACTS = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** What a trigger is made for. */
export const GUARDED_TABLES: readonly (Pick<MovedTable, 'name' | 'of'> & { key?: readonly string[] })[] = [
  ...MOVED_TABLES,
  ...SUM_TABLES,
];

/** The statements that guard the rows of a realm in some of `GUARDED_TABLES`. The id is one of `RealmFields.id`. */
export function guardStatements(realmId: string, tables = GUARDED_TABLES): string[] {
  return tables.flatMap((table) => ACTS.map((act) => triggerOf(realmId, table, act)));
}

/** The statements that take the guards away. */
export function unguardStatements(realmId: string, tables = GUARDED_TABLES): string[] {
  return tables.flatMap(({ name }) =>
    ACTS.map((act) => `DROP TRIGGER IF EXISTS ${nameOf(realmId, name, act)}`),
  );
}

function nameOf(realmId: string, table: string, act: string): string {
  return `"moving ${realmId} ${table} ${act}"`;
}

function triggerOf(
  realmId: string,
  table: (typeof GUARDED_TABLES)[number],
  act: (typeof ACTS)[number],
): string {
  const realm = `'${realmId}'`;
  // What goes with its user is not noted by itself: the user is no more when it goes.
  const row = act === 'DELETE' ? 'OLD' : 'NEW';
  const isOf = isOfRealm(table, row, realm);
  const note = (of: string, condition: string) =>
    `INSERT INTO realm_changes (realm_id, name, key)
     SELECT ${realm}, '${table.name}', json_array(${(table.key ?? []).map((column) => `${of}.${column}`).join(', ')}) WHERE ${condition}
     ON CONFLICT DO UPDATE SET times = times + 1;`;
  const changesKey = (table.key ?? []).map((column) => `OLD.${column} IS NOT NEW.${column}`).join(' OR ');
  const notes = table.key ? `${note(row, 'true')} ${act === 'UPDATE' ? note('OLD', changesKey) : ''}` : '';
  return `CREATE TRIGGER IF NOT EXISTS ${nameOf(realmId, table.name, act)} BEFORE ${act} ON ${table.name}
    WHEN ${isOf} AND EXISTS (SELECT 1 FROM realm_guards WHERE realm_id = ${realm} AND copying = 0) BEGIN
      SELECT RAISE(ABORT, '${movedMessage(realmId)}') FROM realm_guards WHERE realm_id = ${realm} AND frozen = 1;
      ${notes}
    END`;
}
