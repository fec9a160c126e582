import { equalsInConstantTime } from '../crypto/keys.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { type MfaPolicy, NO_FACTORS, owedStep } from '../lib/mfa.ts';
import type { ChosenOrganizations } from './chosen-organizations.ts';
import type { AccountState, HeardMembership, LiveSession, NewSession } from './contract.ts';
import type { GrantBook, KeptCode } from './grant-book.ts';
import {
  type ClientConsent,
  type CodeRedemption,
  type NewGrantCode,
  OWN_CLIENT,
  type RedeemedCode,
} from './grant-contract.ts';
import type { SessionBook } from './session-book.ts';
import type { SignIns } from './sign-ins.ts';
import type { AccountStateStore } from './state-store.ts';

interface GrantParts {
  book: GrantBook;
  sessions: SessionBook;
  signIns: SignIns;
  state: AccountStateStore;
  organizations: ChosenOrganizations;
}

/** What clients of the authorization server get of a user, and how they lose it. What writes is called inside a transaction. */
export class Grants {
  readonly #parts: GrantParts;

  constructor(parts: GrantParts) {
    this.#parts = parts;
  }

  consents(): ClientConsent[] {
    return this.#parts.state.get() ? this.#parts.book.consents() : [];
  }

  issueCode(
    sessionId: string,
    code: NewGrantCode,
    consented: boolean,
    client: Client,
  ): { result: 'ok' } | Refusal {
    const { book, organizations, signIns } = this.#parts;
    const session = signIns.check(sessionId);
    if (isRefusal(session)) return session;
    // No client gives what it has to another; whom its user has become at a provider it may link.
    const isOwn = session.grant === null || code.identity !== undefined;
    if (!isOwn || session.impersonator !== null) return refused('session_ended');
    if (code.membership) {
      this.hearOf(code.membership.organizationId, code.membership);
      if (!organizations.standing(code.membership.organizationId)) return refused('not_a_member');
    }
    const { methods, authenticatedAt, state } = session;
    const { credentialVersion } = state;
    const now = Date.now();
    // What a user has allowed a device stays when the browser signs out in which they did.
    const browserSession = code.redirectUri === null ? null : sessionId;
    const activity = code.grant ? 'app_authorized' : 'signed_in';
    const proof = { methods, authenticatedAt, credentialVersion, browserSession, activity } as const;
    book.keep({ ...code, ...proof, sessionId: null }, now);
    if (consented && code.grant) {
      const { audience, clientId, organizationId = null, scope } = code.grant;
      book.consent({ clientId, organizationId, scopes: scope.split(' '), resources: audience, at: now });
      const inOne = organizationId === null ? {} : { organization_id: organizationId };
      const details = { client_id: clientId, scope, ...inOne };
      signIns.log('app_connected', sessionId, client, { details });
    }
    return { result: 'ok' };
  }

  /** As the contract has it, for a user whom the object knows by now. */
  issueCodeFor(session: NewSession, code: NewGrantCode): { result: 'ok' } | Refusal {
    const { book, signIns } = this.#parts;
    const admitted = signIns.admit(session);
    if (isRefusal(admitted)) return admitted;
    const { credentialVersion } = this.#parts.state.get() as AccountState;
    const now = Date.now();
    const { activity, authenticatedAt = now } = session;
    const proof = { ...admitted, authenticatedAt, credentialVersion, browserSession: null, activity };
    book.keep({ ...code, ...proof, sessionId: null }, now);
    return { result: 'ok' };
  }

  redeemCode(redemption: CodeRedemption, client: Client): RedeemedCode | Refusal {
    const { book, organizations, signIns } = this.#parts;
    const code = this.#found(redemption, client);
    if (isRefusal(code)) return code;
    const { mfa, unproven = false } = redemption;
    const refuse = (refusal: Refusal) => {
      book.spend(code.hash, '');
      return refusal;
    };
    if (code.identity !== undefined) return refuse(refused('invalid_grant'));
    const organizationId = code.grant?.organizationId ?? null;
    if (organizationId !== null && !organizations.standing(organizationId))
      return refuse(refused('invalid_grant'));
    if (unproven) return refuse(refused('email_not_verified'));
    if (code.grant && this.#owesStep(code, mfa)) return refuse(refused('mfa_required'));
    const { activity = 'app_authorized', authenticatedAt, browserSession, grant } = code;
    const { idTokenClaims = [], lifetimes, methods, nonce } = code;
    const key = redemption.bindsKey ? (redemption.key ?? null) : null;
    const session = signIns.open({
      client,
      methods,
      lifetimes,
      mfa,
      activity,
      authenticatedAt,
      browserSession,
      ...(grant && { grant: { ...grant, key } }),
    });
    if (isRefusal(session)) return refuse(session);
    book.spend(code.hash, session.sessionId);
    return { session, nonce, idTokenClaims };
  }

  takeIdentity(redemption: CodeRedemption, client: Client): { identity: string } | Refusal {
    const code = this.#found(redemption, client);
    if (isRefusal(code)) return code;
    this.#parts.book.spend(code.hash, '');
    return code.identity === undefined ? refused('invalid_grant') : { identity: code.identity };
  }

  /** The code that a redemption fits, for the caller to spend. What does not fit spends it too; presented again, it ends what it gave. */
  #found(redemption: CodeRedemption, client: Client): KeptCode | Refusal {
    const { book, sessions, signIns } = this.#parts;
    const state = this.#parts.state.get();
    const code = state && book.find(redemption.hash);
    if (!code) return refused('invalid_grant');
    const { sessionId } = code;
    if (sessionId !== null) {
      if (sessionId !== '' && sessions.end(sessionId, 'reused', Date.now())) {
        const details = { client_id: clientOf(code) };
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
    if (fits && state.status === 'active') return code;
    book.spend(code.hash, '');
    return refused(fits ? 'account_suspended' : 'invalid_grant');
  }

  /** A factor that came since, or a policy. */
  #owesStep({ methods }: KeptCode, mfa: MfaPolicy): boolean {
    const { role, anonymous = false, factors = NO_FACTORS } = this.#parts.state.get() as AccountState;
    return owedStep(mfa, { role, methods, impersonator: null, anonymous }, factors, Date.now()) !== null;
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

  /**
   * Takes over what the user is in an organization. What clients had for one that they are not in any more, or were not in between,
   * ends, and what was allowed is forgotten: it must neither become theirs alone, nor hold when they come back.
   */
  hearOf(organizationId: string, heard: HeardMembership): void {
    const { book, organizations, sessions, signIns } = this.#parts;
    if (!organizations.hear(organizationId, heard)) return;
    book.forget({ organizationId });
    for (const { id, client_id } of sessions.endOfOrganization(organizationId, Date.now())) {
      const details = { client_id, organization_id: organizationId };
      signIns.log('session_revoked', id, null, { actor: 'system', details });
    }
  }

  disconnect(clientId: string, client: Client): boolean {
    const { book, sessions, signIns, state } = this.#parts;
    if (!state.get()) return false;
    const ended = sessions.endOfClient(clientId, 'revoked', Date.now());
    const hadAny = book.forget({ clientId }) || ended.length > 0;
    if (hadAny) signIns.log('app_disconnected', null, client, { details: { client_id: clientId } });
    return hadAny;
  }
}

/** Whether a code was made for who presents it (RFC 6749, 4.1.3; RFC 7636, 4.6). */
function isFor(code: KeptCode, { clientId, redirectUri, challenge }: CodeRedemption): boolean {
  const same = code.challenge === null ? challenge === null : challenge !== null;
  return (
    same &&
    clientOf(code) === clientId &&
    code.redirectUri === redirectUri &&
    equalsInConstantTime(code.challenge ?? '', challenge ?? '')
  );
}

function clientOf({ grant }: KeptCode): string {
  return grant?.clientId ?? OWN_CLIENT;
}
