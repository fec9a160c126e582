import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Attempter, AttemptLimit } from './attempt-limit.ts';
import type { LiveSession, PasswordProof, ShownFactor } from './contract.ts';
import { judgePassword } from './password-check.ts';
import type { SessionBook } from './session-book.ts';
import type { ShownFactors } from './shown-factors.ts';
import type { SignIns } from './sign-ins.ts';

interface SessionProofParts {
  signIns: SignIns;
  sessions: SessionBook;
  attempts: AttemptLimit;
  shownFactors: ShownFactors;
}

/**
 * Proofs within a session of who its user is: each failure counts for that session alone, each success is a fresh proof whose methods
 * the session has from then on. What writes is called inside a transaction of the object.
 */
export class SessionProofs {
  readonly #parts: SessionProofParts;

  constructor(parts: SessionProofParts) {
    this.#parts = parts;
  }

  /** By the password. */
  byPassword({ sessionId, client, ...given }: PasswordProof): LiveSession | Refusal {
    const { attempts, signIns } = this.#parts;
    const session = signIns.check(sessionId);
    if (isRefusal(session)) return session;
    const judged = judgePassword(attempts, given, `session:${sessionId}`);
    if (!isRefusal(judged)) return this.#keep(session, ['pwd']);
    if (judged.reason === 'invalid_credentials') signIns.log('reauthentication_failed', sessionId, client);
    return judged;
  }

  /** Counts an attempt otherwise than by the password. */
  begin(sessionId: string, by: Attempter = `session:${sessionId}`): { result: 'ok' } | Refusal {
    const { attempts, signIns } = this.#parts;
    const session = signIns.check(sessionId);
    if (isRefusal(session)) return session;
    const retryAfter = attempts.begin(by, Date.now());
    return retryAfter === null ? { result: 'ok' } : refused('too_many_attempts', { retryAfter });
  }

  /** Notes such a proof. */
  note(sessionId: string, client: Client, by: string[] = []): LiveSession | Refusal {
    const { attempts, signIns } = this.#parts;
    const session = signIns.check(sessionId);
    if (isRefusal(session)) return session;
    attempts.succeed(`session:${sessionId}`);
    signIns.log('reauthenticated', sessionId, client);
    return this.#keep(session, by);
  }

  /** By a second factor. */
  byFactor(sessionId: string, shown: ShownFactor, client: Client): LiveSession | Refusal {
    const { attempts, shownFactors, signIns } = this.#parts;
    // Apart: a password that is right forgives no guesses at the factor.
    const by = `second:session:${sessionId}` as const;
    const begun = this.begin(sessionId, by);
    if (isRefusal(begun)) return begun;
    const methods = shownFactors.take(shown, client);
    if (methods) {
      attempts.succeed(by);
      return this.note(sessionId, client, [...methods, 'mfa']);
    }
    signIns.log('reauthentication_failed', sessionId, client);
    return refused('invalid_code');
  }

  /** Gives a live session more methods, without a new proof. */
  addMethods(sessionId: string, methods: string[]): void {
    const session = this.#parts.signIns.check(sessionId);
    if (!isRefusal(session)) this.#keep(session, methods, session.authenticatedAt);
  }

  #keep(session: LiveSession, by: string[], authenticatedAt = Date.now()): LiveSession {
    const methods = [...new Set([...session.methods, ...by])];
    this.#parts.sessions.noteProof(session.sessionId, authenticatedAt, methods);
    return { ...session, authenticatedAt, methods };
  }
}
