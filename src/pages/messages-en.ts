import type { ErrorCode } from '../errors.ts';
import { accountEn } from './account-messages-en.ts';

/** What the pages say in English; the other languages have the same entries. */
export const en = {
  frame: {
    skip: 'Skip to the content',
    language: 'Language',
  },
  form: {
    error: 'Error',
    email: 'E-mail address',
    password: 'Password',
    passwordHint: 'At least 8 characters. A few random words are both strong and easy to keep.',
    newPassword: 'New password',
    name: 'Name',
    optional: 'optional',
  },
  /** What somebody in front of a page can do something about, and what. */
  errors: {
    validation_failed: 'Please check what you entered.',
    invalid_link: 'This link has been used, has been replaced by a newer one, or is too old.',
    invalid_credentials: 'The name or the password is wrong.',
    account_suspended: 'This account is suspended. Please write to whoever runs this service.',
    email_not_verified: 'Please confirm your e-mail address first: we mailed you a link.',
    registration_closed: 'New accounts can’t be made here at the moment.',
    user_exists: 'There is already an account with this e-mail address.',
    username_taken: 'Somebody else has this username.',
    too_many_attempts: 'Too many failed attempts. Please wait a while before you try again.',
    rate_limited: 'Too many requests. Please wait a minute before you try again.',
    invalid_code: 'This code is wrong or has expired.',
    conflict: 'The account was changed at the same time. Please try again.',
    payload_too_large: 'This is too large.',
    origin_not_allowed: 'This form came from somewhere else. Please fill it in here.',
  } as Partial<Record<ErrorCode, string>>,
  /** By the code of a field’s problem, or else by the field. */
  fieldErrors: {
    password_too_short: 'The password needs at least 8 characters.',
    password_too_long: 'The password can have at most 256 characters.',
    password_too_common: 'This password is too easy to guess.',
    country_not_supported: 'No text messages can be sent to this country.',
    required: 'This is needed.',
    email: 'Enter an e-mail address such as ada@example.com.',
    username:
      'A username has 3 to 32 letters, digits, dots, dashes or underscores, a letter among them, and starts with a letter or digit.',
    phone_number: 'Enter an international number such as +442071838750.',
    given_name: 'This can have at most 100 characters.',
    family_name: 'This can have at most 100 characters.',
    name: 'This can have at most 200 characters.',
    bio: 'This can have at most 2000 characters.',
    code: 'The code has six digits.',
    not_confirmed: 'This is not the e-mail address of this account.',
    sign_in_again: 'Please sign in again first. You then have ten minutes.',
    too_big: 'Too much is kept already.',
    image_too_large: 'A picture can have at most 2 MB.',
    image_unsupported: 'Choose a PNG, JPEG or WebP picture.',
    image_malformed: 'This picture is damaged.',
    image_too_many_pixels: 'The picture can have at most 4096 by 4096 pixels.',
    image_animated: 'The picture must not be animated.',
    other: 'This can’t be used as it is.',
  } as Record<string, string | undefined>,
  account: accountEn,
  signIn: {
    title: 'Sign in',
    identifier: 'E-mail address, username or phone number',
    button: 'Sign in',
    forgot: 'Forgotten?',
    byCode: 'Sign in with a one-time code',
    newHere: 'New here?',
    register: 'Make an account',
    or: 'or',
    with: (provider: string) => `Continue with ${provider}`,
  },
};
