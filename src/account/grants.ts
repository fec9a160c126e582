import { equalsInConstantTime } from '../crypto/keys.ts';
import { type ErrorCode, isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { NO_FACTORS, owedStep } from '../lib/mfa.ts';
import type { LiveSession } from './contract.ts';
import type { GrantBook, KeptCode } from './grant-book.ts';
import type { ClientConsent, CodeRedemption, NewGrantCode, RedeemedCode } from './grant-contract.ts';
import type { SessionBook } from './session-book.ts';
import type { SignIns } from './sign-ins.ts';
import type { AccountStateStore } from './state-store.ts';

interface GrantParts {
  book: GrantBook;
  sessions: SessionBook;
  signIns: SignIns;
  state: AccountStateStore;
}

/** What clients of the authorization server get of a user, and how they lose it. What writes is called inside a transaction. */
export class Grants {
  readonly #parts: GrantParts;

  constructor(parts: GrantParts) {
    this.#parts = parts;
  }

  consents(): Record<string, ClientConsent> {
    return this.#parts.state.get() ? this.#parts.book.consents() : {};
  }

  issueCode(
    sessionId: string,
    code: NewGrantCode,
    consented: boolean,
    client: Client,
  ): { result: 'ok' } | Refusal {
    const { book, signIns } = this.#parts;
    const session = signIns.check(sessionId);
    if (isRefusal(session)) return session;
    // No client gives what it has to another.
    if (session.grant || session.impersonator !== null) return refused('session_ended');
    const { methods, authenticatedAt, state } = session;
    const { credentialVersion } = state;
    const now = Date.now();
    // What a user has allowed a device stays when the browser signs out in which they did.
    const browserSession = code.redirectUri === null ? null : sessionId;
    const proof = { methods, authenticatedAt, credentialVersion, browserSession };
    book.keep({ ...code, ...proof, sessionId: null }, now);
    if (consented) {
      const { audience, clientId, scope } = code.grant;
      book.consent(clientId, { scopes: scope.split(' '), resources: audience }, now);
      signIns.log('app_connected', sessionId, client, { details: { client_id: clientId, scope } });
    }
    return { result: 'ok' };
  }

  redeemCode(redemption: CodeRedemption, client: Client): RedeemedCode | Refusal {
    const { book, sessions, signIns } = this.#parts;
    const state = this.#parts.state.get();
    const code = state && book.find(redemption.hash);
    if (!code) return refused('invalid_grant');
    const { sessionId } = code;
    if (sessionId !== null) {
      if (sessionId !== '' && sessions.end(sessionId, 'reused', Date.now())) {
        const details = { client_id: code.grant.clientId };
        signIns.log('app_code_reused', sessionId, client, { details });
      }
      return refused('invalid_grant');
    }
    const fits =
      Date.now() < code.expiresAt &&
      state.realmId === redemption.realmId &&
      state.credentialVersion === code.credentialVersion &&
      (code.key ?? redemption.key ?? null) === (redemption.key ?? null) &&
      isFor(code, redemption);
    const refuse = (reason: ErrorCode) => {
      book.spend(code.hash, '');
      return refused(reason);
    };
    if (!fits) return refuse('invalid_grant');
    if (state.status !== 'active') return refuse('account_suspended');
    const { role, anonymous = false } = state;
    const shown = { role, methods: code.methods, impersonator: null, anonymous };
    // A factor that came since, or a policy.
    if (owedStep(redemption.mfa, shown, state.factors ?? NO_FACTORS, Date.now()))
      return refuse('mfa_required');
    const { grant, methods, authenticatedAt, browserSession, lifetimes, nonce, idTokenClaims = [] } = code;
    const activity = 'app_authorized';
    const key = redemption.bindsKey ? (redemption.key ?? null) : null;
    const bound = { ...grant, key };
    const opened = {
      client,
      methods,
      lifetimes,
      activity,
      authenticatedAt,
      browserSession,
      grant: bound,
    } as const;
    const session = signIns.open(opened);
    if (isRefusal(session)) return refuse(session.reason);
    book.spend(code.hash, session.sessionId);
    return { session, nonce, idTokenClaims };
  }

  check(refreshToken: string): LiveSession | Refusal {
    const { sessions, signIns } = this.#parts;
    const row = this.#parts.state.get() && sessions.grantOf(refreshToken, Date.now(), { usable: true });
    return row ? signIns.check(row.id) : refused('session_ended');
  }

  end(by: { refreshToken: string } | { sessionId: string }, clientId: string): boolean {
    const { sessions, signIns, state } = this.#parts;
    const now = Date.now();
    if (!state.get()) return false;
    const row =
      'sessionId' in by
        ? sessions.find(by.sessionId, now)?.row
        : sessions.grantOf(by.refreshToken, now, { usable: false });
    if (row?.client_id !== clientId) return false;
    return signIns.end(row.id, 'revoked', null, { actor: clientId });
  }

  disconnect(clientId: string, client: Client): boolean {
    const { book, sessions, signIns, state } = this.#parts;
    if (!state.get()) return false;
    const ended = sessions.endOfClient(clientId, 'revoked', Date.now());
    const hadAny = book.forget(clientId) || ended.length > 0;
    if (hadAny) signIns.log('app_disconnected', null, client, { details: { client_id: clientId } });
    return hadAny;
  }
}

/** Whether a code was made for who presents it (RFC 6749, 4.1.3; RFC 7636, 4.6). */
function isFor(code: KeptCode, { clientId, redirectUri, challenge }: CodeRedemption): boolean {
  const same = code.challenge === null ? challenge === null : challenge !== null;
  return (
    same &&
    code.grant.clientId === clientId &&
    code.redirectUri === redirectUri &&
    equalsInConstantTime(code.challenge ?? '', challenge ?? '')
  );
}
