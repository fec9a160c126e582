import type { Client } from '../lib/client.ts';
import { changeMail } from './change-mail.ts';
import type { AccountState, ShownFactor } from './contract.ts';
import type { FactorBook } from './factors.ts';
import type { Projection } from './projection.ts';
import type { SecondStepBook } from './second-steps.ts';
import type { AccountStateStore } from './state-store.ts';

interface ShownFactorParts {
  state: AccountStateStore;
  projection: Projection;
  factors: FactorBook;
  secondSteps: SecondStepBook;
  /** Of Latchkey, for links in mails. */
  origin: string;
}

/** Takes what is shown as a second factor, at a sign-in or within a session: once. What writes is called inside a transaction. */
export class ShownFactors {
  readonly #parts: ShownFactorParts;

  constructor(parts: ShownFactorParts) {
    this.#parts = parts;
  }

  /** The methods of what is shown (RFC 8176), which is used then; null when it is wrong, or was used before. */
  take(shown: ShownFactor, client: Client): string[] | null {
    const { factors, projection, secondSteps: book } = this.#parts;
    const now = Date.now();
    switch (shown.method) {
      case 'totp':
        return shown.step !== null && book.takeStep(shown.factorId, shown.step, now) ? ['otp'] : null;
      case 'recovery_code':
        if (!book.takeRecoveryCode(shown.hash, now)) return null;
        projection.log({ type: 'recovery_code_used', sessionId: null, client });
        this.#noticeRecovery(client, now);
        return ['otp'];
      case 'passkey':
        return factors.use(shown.use, now) === 'taken' ? shown.methods.filter((one) => one !== 'mfa') : null;
      case 'email':
        return shown.isRight ? ['otp'] : null;
      case 'sms':
        return shown.isRight ? ['sms'] : null;
    }
  }

  /** Mails the user about a recovery code that was used. */
  #noticeRecovery(client: Client, now: number): void {
    const { projection, origin, secondSteps: book, state } = this.#parts;
    const of = { origin, realmId: (state.get() as AccountState).realmId };
    const about = String(book.recoveryCodesLeft());
    const change = { change: 'recovery_code_used', about, path: '/account/security' } as const;
    projection.tell('mail', changeMail(of, change, client, now));
  }
}
