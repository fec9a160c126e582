import { type Database, primary } from '../db/client.ts';
import { backoff } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import { describeFailure, log } from '../lib/log.ts';
import { isPublicHost } from '../lib/public-host.ts';
import { issuerOf } from '../lib/realm.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import { claimNotices, clientsOf, hasDueNotices, settleNotices } from './logout-store.ts';
import { SignedTokens } from './signed-tokens-service.ts';
import type { LogoutNoticeRow, OAuthClientRow } from './tables.ts';

export { SignedTokens };

/** Tries, over some three hours, before a client is given up. */
const MAX_ATTEMPTS = 8;
const MAX_RETRY = HOUR;
/** Calls at once: as many as a Worker may hold connections open. */
const CONCURRENCY = 6;
const TIMEOUT = 5 * SECOND;
/** More than twice as long as the calls of one round may take. */
const LEASE = MINUTE;

/** What notices are sent with. */
export interface LogoutParts {
  d1: D1Database;
  tokens: SignedTokens;
  origin: string;
  /** Whether clients may listen on this machine: only in development. */
  mayBeLocal: boolean;
}

/**
 * Tells clients that sessions of users have ended (OpenID Connect Back-Channel Logout 1.0, 2.5): each notice once, unless its
 * client fails after it has taken it. What was not taken is sent again, with a new token under the same `jti`.
 */
export async function sendLogoutNotices(parts: LogoutParts, budget: Budget): Promise<void> {
  const { db } = primary(parts.d1);
  // Most minutes there are none.
  if (!budget.take(1) || !(await hasDueNotices(db, Date.now()))) return;
  // To claim them and to read their clients; and to tell one client and settle that.
  while (budget.take(4)) {
    let limit = 1;
    while (limit < CONCURRENCY && budget.take(2)) limit += 1;
    if ((await sendRound(parts, db, limit)) < limit) return;
  }
}

async function sendRound(parts: LogoutParts, db: Database, limit: number): Promise<number> {
  const now = Date.now();
  const notices = await claimNotices(db, { now, leasedUntil: now + LEASE, limit });
  if (notices.length === 0) return 0;
  const clients = await clientsOf(db, notices);
  const calls = notices.map(async (notice): Promise<[LogoutNoticeRow, number | null]> => {
    const client = clients.get(notice.clientId);
    const uri = client?.backchannelLogoutUri ?? null;
    if (!client || uri === null) return [notice, null];
    return [notice, await retryTime(parts, notice, client, uri)];
  });
  await settleNotices(db, await Promise.all(calls));
  return notices.length;
}

/** Sends one; when to try again (Unix milliseconds), or null when it was taken, or is given up. */
async function retryTime(
  parts: LogoutParts,
  notice: LogoutNoticeRow,
  client: OAuthClientRow,
  uri: string,
): Promise<number | null> {
  const { attempts, clientId, id } = notice;
  const reason = await send(parts, notice, client, uri).catch((error) => ({
    permanent: false,
    text: describeFailure(error),
  }));
  if (reason === null) return null;
  const dead = reason.permanent || attempts >= MAX_ATTEMPTS;
  log('error', 'logout_notice_failed', { id, client_id: clientId, attempts, dead, reason: reason.text });
  return dead ? null : Date.now() + backoff(attempts, MAX_RETRY);
}

/** Posts the token (2.5); null when it was taken, else why it was not. */
async function send(
  { mayBeLocal, origin, tokens }: LogoutParts,
  notice: LogoutNoticeRow,
  client: OAuthClientRow,
  uri: string,
): Promise<{ permanent: boolean; text: string } | null> {
  const { hostname, protocol } = new URL(uri);
  const isAllowed = protocol === 'https:' ? isPublicHost(hostname) : mayBeLocal;
  if (!isAllowed) return { permanent: true, text: 'the address is not of the public Internet' };
  const realm = { id: notice.realmId, issuer: issuerOf(origin, notice.realmId) };
  const body = new URLSearchParams({ logout_token: await tokens.logoutToken(realm, client, notice) });
  // Nobody is sent on to somewhere else, with a token.
  const request = { method: 'POST', body, redirect: 'manual' } as const;
  const status = await withDeadline(async (signal) => {
    const answer = await fetch(uri, { ...request, signal });
    await answer.body?.cancel();
    return answer.status;
  }, TIMEOUT);
  if (status >= 200 && status < 300) return null;
  // It will not take it later either (2.8), but where it only asks for time.
  const permanent = status < 500 && status !== 408 && status !== 429;
  return { permanent, text: `it answered ${status}` };
}
