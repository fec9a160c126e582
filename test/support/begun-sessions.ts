import { SessionTable } from '../../src/account/session-table.ts';
import { AccountStateStore } from '../../src/account/state-store.ts';

/** Gives an account object the table that it makes when there is a second session. */
export function beginSessions({ sql, kv }: DurableObjectStorage): void {
  new SessionTable(sql, new AccountStateStore(kv)).begin();
}
