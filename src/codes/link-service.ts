import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { ApiError } from '../errors.ts';
import type { FailureBudget } from '../http/failure-budget.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import type { Realm } from '../lib/realm.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { CodeObjects, LinkPlace } from './contract.ts';
import { askerOf, type OneTimeCodes } from './service.ts';

export { CODE_LIFETIME } from './contract.ts';

/** What the token of a link says, sealed: only who has the mail has it. */
interface LinkClaims {
  realmId: string;
  to: string;
  challengeId: string;
  /** Where the link was asked for. */
  place: string | null;
  device: string | null;
  expiresAt: number;
}

/** What is shown of a link before it is opened: where that is, and where it was asked for. */
export interface LinkView {
  at: LinkPlace;
  place: string | null;
  device: string | null;
}

/** The number that a link has shown, as whoever asked for the link enters it. */
export interface NumberEntry {
  email: string;
  challenge_id: string;
  number: string;
}

/** What links are made of. */
export interface SignInLinkDependencies {
  codes: OneTimeCodes;
  codeObjects: CodeObjects;
  failures: FailureBudget;
  /** Encrypts what the token of a link says. */
  linkKeys: Keyring;
}

/**
 * Sign-in by a link in a mail: a code that is followed instead of typed, with the same lifetime and budgets. In the browser that
 * has asked for it the link signs in, by a button, as programs follow links too. Elsewhere it shows a number, and whoever asked
 * for it is signed in where they enter that: a link that somebody else has asked for signs nobody in who has not told them.
 */
export class SignInLinks {
  readonly #deps: SignInLinkDependencies;

  constructor(deps: SignInLinkDependencies) {
    this.#deps = deps;
  }

  /**
   * Mails a link to the user of an address, as `OneTimeCodes.send` does a code: the answer is the same for addresses that nobody
   * has. `addressOf` gives the address of the page with a token.
   */
  send(email: string, realm: Realm, client: Client, addressOf: (token: string) => string) {
    const { codes, linkKeys } = this.#deps;
    const from = { place: placeOf(client), device: describeDevice(client.userAgent) };
    return codes.send({ channel: 'email', to: email }, realm, client, null, null, async (issued) => {
      const claims: LinkClaims = { realmId: realm.id, to: email, ...issued, ...from };
      return addressOf(await seal(linkKeys, claims));
    });
  }

  /** What the holder of a link is shown. It spends nothing. */
  async view(token: string, realm: Realm, client: Client): Promise<LinkView> {
    const claims = await this.#claims(token, realm);
    if (!claims) return { at: 'over', place: null, device: null };
    const { challengeId, place, device } = claims;
    return {
      at: await this.#object(claims, realm).placeOfLink(challengeId, askerOf(client, null).device),
      place,
      device,
    };
  }

  /**
   * Opens a link: signs in the browser that has asked for it, and gives the number to anybody else. Throws `invalid_link`,
   * `account_suspended`, `mfa_required`.
   */
  async open(token: string, realm: Realm, client: Client): Promise<SignedIn | { number: string }> {
    const claims = await this.#claims(token, realm);
    if (!claims) throw new ApiError('invalid_link');
    const { challengeId, to } = claims;
    const opened = await this.#object(claims, realm).openLink(challengeId, askerOf(client, null).device);
    if (opened.place === 'over') throw new ApiError('invalid_link');
    if (opened.place === 'elsewhere') return { number: opened.number };
    return this.#deps.codes.enter({ channel: 'email', to }, realm, client);
  }

  /**
   * Signs in who has asked for a link, by the number that it shows where it was opened; with `sameBrowser` only in the browser
   * that has asked. Throws `invalid_code`, `rate_limited`, `account_suspended`, `mfa_required`.
   */
  async confirm(entry: NumberEntry, realm: Realm, client: Client, sameBrowser: boolean): Promise<SignedIn> {
    const { codes, failures } = this.#deps;
    const { email: to, challenge_id: challengeId, number } = entry;
    const strangersWait = failures.wait(realm.id, 'code');
    const by = askerOf(client, null);
    const result = await this.#object({ to }, realm).takeNumber({
      challengeId,
      number,
      by,
      sameBrowser,
      strangersWait,
    });
    if (result === 'barred') throw new ApiError('rate_limited', { retryAfter: strangersWait ?? 1 });
    if (result === 'wrong') {
      failures.count(realm.id, 'code');
      throw new ApiError('invalid_code');
    }
    return codes.enter({ channel: 'email', to }, realm, client);
  }

  #object({ to }: Pick<LinkClaims, 'to'>, realm: Realm) {
    return this.#deps.codeObjects(realm, 'email', to, null);
  }

  async #claims(token: string, realm: Realm): Promise<LinkClaims | null> {
    const claims = await unseal<LinkClaims>(this.#deps.linkKeys, token);
    return claims?.realmId === realm.id && Date.now() < claims.expiresAt ? claims : null;
  }
}
