import { COMMON_PASSWORDS } from '../../generated/common-passwords.ts';
import { fieldError } from '../errors.ts';
import { isProbablyIn } from '../lib/ribbon-filter.ts';

/** Lengths of a password, in Unicode code points of its NFKC form. */
const PASSWORD_LENGTH = { min: 8, max: 256 };

/** Why a password is refused. */
export type PasswordProblem = 'password_too_short' | 'password_too_long' | 'password_too_common';

/** What a password must not repeat. */
export interface PasswordOwner {
  email?: string | null;
  username?: string | null;
  name?: string | null;
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

/**
 * Whether a new password may be used: `null`, or why not. As NIST SP 800-63B advises, length and a list of common
 * passwords count, and no composition is demanded. Too common is also the owner's e-mail address, its local part,
 * username or name, and one character repeated; case makes no difference. The list is kept as a filter, which takes one in
 * 256 of other passwords that are as short for one of it.
 */
export function checkPassword(password: string, owner: PasswordOwner): PasswordProblem | null {
  const folded = fold(password);
  const length = [...password.normalize('NFKC')].length;
  if (length < PASSWORD_LENGTH.min) return 'password_too_short';
  if (length > PASSWORD_LENGTH.max) return 'password_too_long';

  const own = [owner.email, owner.email?.split('@')[0], owner.username, owner.name];
  const isOwn = own.some((text) => fold(text ?? '') === folded);
  const isRepetition = new Set(folded).size === 1;
  const isCommon = isProbablyIn(COMMON_PASSWORDS, folded);
  return isOwn || isRepetition || isCommon ? 'password_too_common' : null;
}

const PASSWORD_ERRORS = {
  password_too_short: 'Must have at least 8 characters',
  password_too_long: 'Must have at most 256 characters',
  password_too_common: 'Is too easy to guess',
};

/** Throws `validation_failed`, naming the field, for a new password that may not be used. */
export function requireGoodPassword(path: string, password: string, about: PasswordOwner): void {
  const problem = checkPassword(password, about);
  if (problem) throw fieldError(path, problem, PASSWORD_ERRORS[problem]);
}
