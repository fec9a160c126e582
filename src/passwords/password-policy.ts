import { COMMON_PASSWORDS } from '../../generated/common-passwords.ts';
import { fieldError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { isProbablyIn } from '../lib/ribbon-filter.ts';
import { isBreached } from './breaches.ts';

/** Lengths of a password, in Unicode code points of its NFKC form. */
const PASSWORD_LENGTH = { min: 8, max: 256 };
const PRODUCT = 'latchkey';
/** Shorter parts of a name are in many words. */
const MIN_WORD = 3;

const PASSWORD_ERRORS = {
  password_too_short: 'Must have at least 8 characters',
  password_too_long: 'Must have at most 256 characters',
  password_too_common: 'Is too easy to guess',
  password_too_personal: 'Is little more than a name of yours, your address or the name of this service',
  password_breached: 'Was published in a breach of another service',
  password_unchanged: 'Is the password that the account has now',
};

/** Why a password is refused. */
export type PasswordProblem = keyof typeof PASSWORD_ERRORS;

/** Whose password it is, and where: what it must not repeat. */
export interface PasswordOwner {
  email?: string | null;
  username?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  /** What users call the service. */
  service?: string;
}

const lengthOf = (text: string) => [...text].length;
const fold = (text: string) => text.normalize('NFKC').toLowerCase();

/**
 * Whether a new password may be used: `null`, or why not. As NIST SP 800-63B advises, length, a list of common passwords and
 * words of the context count, and no composition is demanded. Too common is also one character repeated; too personal what has
 * less than eight characters beside the owner's names, the local part of their address, and the names of Latchkey and the
 * service; case makes no difference. The list is kept as a filter, which takes one in 256 of other passwords that are as short
 * for one of it.
 */
export function checkPassword(password: string, owner: PasswordOwner): PasswordProblem | null {
  const folded = fold(password);
  const length = lengthOf(password.normalize('NFKC'));
  if (length < PASSWORD_LENGTH.min) return 'password_too_short';
  if (length > PASSWORD_LENGTH.max) return 'password_too_long';
  if (isPersonal(folded, owner)) return 'password_too_personal';
  const isRepetition = new Set(folded).size === 1;
  return isRepetition || isProbablyIn(COMMON_PASSWORDS, folded) ? 'password_too_common' : null;
}

function isPersonal(folded: string, owner: PasswordOwner): boolean {
  const { email, username, name, givenName, familyName, service } = owner;
  if (email && fold(email) === folded) return true;
  const names = [email?.split('@')[0], username, name, givenName, familyName, service, PRODUCT];
  const words = names
    .flatMap((text) => [text ?? '', ...(text ?? '').split(/[^\p{L}\p{N}]+/u)])
    .map(fold)
    .filter((word) => lengthOf(word) >= MIN_WORD);
  // The longest first: what is in another word is gone with it.
  const rest = [...new Set(words)]
    .sort((a, b) => b.length - a.length)
    .reduce((left, word) => left.replaceAll(word, ''), folded);
  return rest !== folded && lengthOf(rest) < PASSWORD_LENGTH.min;
}

/** The 422 for a password that is refused, naming the field. */
export function refusedPassword(path: string, problem: PasswordProblem) {
  return fieldError(path, problem, PASSWORD_ERRORS[problem]);
}

/** What the names of a user are called over the wire, in the directory, or both. */
type Named = PasswordOwner & { given_name?: string | null; family_name?: string | null };

/** The one rule for new passwords, however they are set. */
export class PasswordPolicy {
  readonly #breachesUrl: string | null;

  /** `breachesUrl` is the origin of an API of breached passwords; without one they are not looked up. */
  constructor(breachesUrl: string | null) {
    this.#breachesUrl = breachesUrl;
  }

  /**
   * Throws `validation_failed`, naming the field, for a new password that may not be used. `current` is the present one, where
   * it was given too.
   */
  async require(
    path: string,
    password: string,
    about: Named,
    realm: Pick<Realm, 'name' | 'breachedPasswords'>,
    current?: string,
  ): Promise<void> {
    const names = { givenName: about.given_name, familyName: about.family_name, ...about };
    const problem =
      current?.normalize('NFKC') === password.normalize('NFKC')
        ? 'password_unchanged'
        : checkPassword(password, { ...names, service: realm.name });
    if (problem) throw refusedPassword(path, problem);
    if (await this.isBreached(password, realm)) throw refusedPassword(path, 'password_breached');
  }

  /** Whether a password is known from a breach, as far as the realm wants to know and the list answers. */
  async isBreached(password: string, realm: Pick<Realm, 'breachedPasswords'>): Promise<boolean> {
    if (this.#breachesUrl === null || realm.breachedPasswords === 'unchecked') return false;
    return isBreached(this.#breachesUrl, password.normalize('NFKC'));
  }
}
