import type { ActivityLogRow } from '../account/history-contract.ts';

/** One entry of an account's activity log. `at` is Unix milliseconds. */
export interface AccountEntry {
  seq: number;
  at: number;
  type: string;
  sessionId: string | null;
  ip: string | null;
  country: string | null;
  userAgent: string | null;
  actor: string | null;
  details: Record<string, unknown> | null;
}

/** The entry as the object has it. */
export function accountEntry(row: ActivityLogRow): AccountEntry {
  const { session_id: sessionId, user_agent: userAgent, details, ...entry } = row;
  return { ...entry, sessionId, userAgent, details: details === null ? null : JSON.parse(details) };
}
