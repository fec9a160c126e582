import type { ErrorCode } from '../errors.ts';
import { accountEn } from './account-messages-en.ts';

type ProviderErrors = { other: ProviderError } & Record<string, ProviderError | undefined>;
type ProviderError = (provider: string) => string;

type Failures = { internal_error: Failure } & Partial<Record<ErrorCode, Failure>>;

interface Failure {
  title: string;
  text: string;
}

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
    last_sign_in_method: 'This is your last way to sign in. Set a password first, or link another account.',
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
    to: 'Enter an e-mail address such as ada@example.com, or a phone number such as +442071838750.',
    code: 'Enter the six digits of the code.',
    given_name: 'This can have at most 100 characters.',
    family_name: 'This can have at most 100 characters.',
    name: 'This can have at most 200 characters.',
    bio: 'This can have at most 2000 characters.',
    not_confirmed: 'This is not the e-mail address of this account.',
    sign_in_again: 'Please sign in again first. You then have ten minutes.',
    preferences_too_large: 'Too much is kept already.',
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
    confirm: 'Send the link again',
    newHere: 'New here?',
    register: 'Make an account',
    or: 'or',
    with: (provider: string) => `Continue with ${provider}`,
  },
  /** For who is signed in already, when an app asks. */
  proceed: {
    title: 'Choose an account',
    signedInAs: 'You are signed in as',
    button: (name: string) => `Continue as ${name}`,
    other: 'Use another account',
  },
  /** What came of signing in with a provider. */
  providerErrors: {
    provider_denied: (provider) =>
      `You did not let ${provider} sign you in. Nothing has changed: try again, or choose another way.`,
    oauth_state_invalid: () =>
      'This sign-in took too long or was begun in another browser. Please try again.',
    provider_rejected: (provider) =>
      `The answer of ${provider} could not be trusted. Please try again, or sign in another way.`,
    provider_unavailable: (provider) =>
      `${provider} does not answer at the moment. Please try again later, or sign in another way.`,
    email_missing: (provider) =>
      `${provider} did not tell us your e-mail address. Please allow it to, or sign in another way.`,
    provider_email_unverified: (provider) =>
      `Your e-mail address is not confirmed at ${provider}. Please confirm it there first, or sign in another way.`,
    account_exists: (provider) =>
      `There is an account with this address: sign in with its password, then link ${provider} in your account.`,
    identity_conflict: (provider) =>
      `This account of ${provider} is linked to another user here. Sign in with it and unlink it there first.`,
    email_not_verified: () => 'Please confirm your e-mail address first: we mailed you a link.',
    account_suspended: () => 'This account is suspended. Please write to whoever runs this service.',
    registration_closed: () => 'New accounts can’t be made here at the moment.',
    other: () => 'Signing in did not work. Please try again.',
  } as ProviderErrors,
  register: {
    title: 'Make an account',
    button: 'Make the account',
    known: 'Do you have an account?',
    signIn: 'Sign in',
    closed: 'New accounts can’t be made here at the moment.',
    sentTitle: 'Look into your mail',
    sent: 'We have mailed you a link. Follow it to confirm your address, then sign in.',
  },
  signOut: {
    title: 'Sign out',
    text: 'Do you want to sign out on this device?',
    button: 'Sign out',
    stay: 'Stay signed in',
    doneTitle: 'You are signed out',
    done: 'Nobody is signed in on this device any more.',
    again: 'Sign in',
  },
  code: {
    title: 'Sign in with a one-time code',
    email: 'We mail you a code of six digits. You need no password.',
    anywhere: 'We send you a code of six digits, by mail or text message. You need no password.',
    address: 'E-mail address or phone number',
    addressHint: 'A phone number must be confirmed in your account; write it like +442071838750.',
    send: 'Send the code',
    sentTitle: 'Enter the code',
    sent: 'If there is an account for it, a code is on its way to',
    code: 'Code',
    codeHint: 'Six digits. It works for ten minutes.',
    button: 'Sign in',
    again: 'Send another code',
    password: 'Sign in with a password',
    other: 'Use another address',
  },
  forgot: {
    title: 'Forgot your password?',
    text: 'We mail you a link to choose a new one.',
    button: 'Send the link',
    back: 'Back to signing in',
    sentTitle: 'Look into your mail',
    sent: 'If there is an account with this address, a link is on its way. It works for an hour.',
  },
  reset: {
    title: 'Choose a new password',
    text: 'All your devices will be signed out.',
    button: 'Set the password',
    doneTitle: 'Your new password is set',
    done: 'Now sign in with it.',
    signIn: 'Sign in',
    again: 'Ask for a new link',
  },
  verify: {
    title: 'Confirm your e-mail address',
    text: 'Press the button to confirm that this address is yours.',
    button: 'Confirm the address',
    doneTitle: 'Thank you',
    done: 'Your e-mail address is confirmed.',
    account: 'To your account',
    signIn: 'Sign in',
    again: 'Ask for a new link',
    askText: 'Tell us the address of your account, and we mail you a new link.',
    ask: 'Send the link',
    sent: 'If there is an account with this address that is not confirmed yet, a link is on its way.',
  },
  undo: {
    title: 'Get your address back',
    text: 'Your account returns to this address, every device is signed out, and the password stops working. We mail you a link to choose a new one.',
    button: 'Undo the change',
    doneTitle: 'The change is undone',
    done: 'Your account has this address again. Look into your mail for a link to choose a new password.',
  },
  failed: {
    title: 'That did not work',
    reference: 'If you write to us about this, please name',
    home: 'To your account',
    again: 'Open the page again',
  },
  /** Pages in place of the one that was asked for; the others say `internal_error`. */
  failures: {
    not_found: {
      title: 'There is nothing here',
      text: 'The address may be mistyped, or the page has moved. Please check it.',
    },
    realm_not_found: {
      title: 'There is nothing here',
      text: 'The address may be mistyped. Please go back to where you came from and try again.',
    },
    method_not_allowed: {
      title: 'This page works differently',
      text: 'It can’t be asked for in this way. Please open it anew.',
    },
    invalid_request: {
      title: 'This can’t be read',
      text: 'What was sent is damaged. Please go back and try again.',
    },
    validation_failed: {
      title: 'This can’t be read',
      text: 'The address that you came by is not complete or not right. Please go back to where you came from and try again.',
    },
    redirect_not_allowed: {
      title: 'We can’t send you back there',
      text: 'The page that sent you here wants you back at an address that is not on our list. Nothing is wrong with your account: please tell whoever runs that page.',
    },
    origin_not_allowed: {
      title: 'This form came from somewhere else',
      text: 'For your safety we take forms from our own pages only. Please open the page here and fill it in again.',
    },
    payload_too_large: {
      title: 'That is too much',
      text: 'More was sent than we can take. Please shorten it.',
    },
    unsupported_media_type: {
      title: 'This can’t be read',
      text: 'The form came in a shape that we don’t know. Please open the page anew and fill it in again.',
    },
    rate_limited: {
      title: 'One moment, please',
      text: 'There were too many requests from your network. Please wait a minute, then try again.',
    },
    service_unavailable: {
      title: 'Back in a moment',
      text: 'Something that we need does not answer. Please try again in a minute.',
    },
    internal_error: {
      title: 'Something went wrong',
      text: 'This is our fault, not yours. Please try again; if it happens again, tell us.',
    },
  } as Failures,
};
