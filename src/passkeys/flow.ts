import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import type { Registration } from '../passwords/registration-service.ts';
import { CEREMONY, newChallenge } from './ceremony.ts';

/** What a challenge is for, and whose it is: sealed, for its client to bring back. */
export interface PasskeyFlow {
  kind: 'sign_in' | 'add' | 'prove' | 'register';
  realmId: string;
  challenge: string;
  /** The device that has to bring it back, by its cookie; null where who has it may. */
  device: string | null;
  /** The session that asked, unless it is for signing in. */
  sessionId: string | null;
  /** Who registers by it, and as which user. */
  registration?: Pick<Registration, 'userId' | 'body'>;
  /** Whether the browser makes the passkey without asking its user. */
  unasked?: boolean;
  expiresAt: number;
}

/** Who has to bring a challenge back: a browser, or a session. */
type Holder = { device: string | null } | { sessionId: string };

/** Challenges, each for one purpose, realm and holder. That it works once is for the account object to see to. */
export class PasskeyFlows {
  readonly #keys: Keyring;

  /** `keys` encrypt what a client has to bring back. */
  constructor(keys: Keyring) {
    this.#keys = keys;
  }

  async begin(
    kind: PasskeyFlow['kind'],
    realm: Realm,
    of: Holder,
    more: Partial<Pick<PasskeyFlow, 'registration' | 'unasked' | 'expiresAt'>> = {},
  ): Promise<{ challenge: string; flow: string }> {
    const challenge = newChallenge();
    const flow: PasskeyFlow = {
      kind,
      realmId: realm.id,
      challenge,
      device: null,
      sessionId: null,
      expiresAt: Date.now() + CEREMONY,
      ...of,
      ...more,
    };
    return { challenge, flow: await seal(this.#keys, flow) };
  }

  /** What was begun. Throws `invalid_passkey` for what is over, or was begun by somebody else, elsewhere, or for something else. */
  async open(sealed: string, kind: PasskeyFlow['kind'], realm: Realm, of: Holder): Promise<PasskeyFlow> {
    const flow = await unseal<PasskeyFlow>(this.#keys, sealed);
    const isTheirs =
      flow !== null &&
      ('sessionId' in of
        ? flow.sessionId === of.sessionId
        : flow.device === null || flow.device === of.device);
    if (!isTheirs || flow.kind !== kind || flow.realmId !== realm.id || Date.now() >= flow.expiresAt) {
      throw new ApiError('invalid_passkey');
    }
    return flow;
  }
}
