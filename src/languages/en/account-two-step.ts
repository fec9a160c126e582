import { plural } from '../plural.ts';

/** What the page of a user’s second factors says. */
export const accountTwoStep = {
  title: 'Two-step sign-in',
  text: 'With an authenticator app or a passkey, nobody signs in with your password alone.',
  required: 'Your account needs a second step. Please set one up: until then you can do nothing else.',
  prove: 'You have one, but have not used it in this session. Please sign in again.',
  signInAgain: 'Sign in again',
  from: (date: string) => `Your account needs a second step from ${date}.`,
  notAllowed: 'Authenticator apps are not used here.',
  apps: 'Authenticator apps and passkeys',
  none: 'There are none yet.',
  kinds: { totp: 'Authenticator app', passkey: 'Passkey' },
  added: 'Added',
  remove: 'Remove',
  removeNamed: (name: string) => `Remove ${name}`,
  passkeys: 'Passkeys are managed under Security.',
  name: 'Name',
  nameHint: 'So that you know it again: which phone, or which app.',
  add: 'Add an authenticator app',
  recovery: 'Recovery codes',
  left: (count: number) =>
    count === 0
      ? 'You have no recovery codes. Make some, for the day on which you cannot use your app or passkey.'
      : plural('en', count, {
          one: 'One recovery code is left. It works once, when you cannot use your app or passkey.',
          other: `${count} recovery codes are left. Each works once, when you cannot use your app or passkey.`,
        }),
  renew: 'Make ten new recovery codes',
  stepTitle: 'Add an authenticator app',
  scan: 'Scan this picture with the app, or type in the key below it. Then type the code that the app shows.',
  key: 'Key',
  open: 'Open in an app on this device',
  code: 'Code from the app',
  confirm: 'Confirm',
  back: 'Back',
  codesTitle: 'Keep these recovery codes',
  codesText:
    'Each signs you in once in place of your app or passkey. They are shown only now: keep them where only you can get at them, on paper or in a password manager.',
  download: 'Download as a text file',
  copy: 'To copy them, click the list: it is selected as a whole. To print them, print this page.',
  kept: 'I have kept them',
  keptOnward: 'I have kept them: continue',
  onward: 'Continue to where you came from',
  done: {
    app_added: 'Signing in now asks for a code of this app.',
    app_removed: 'The authenticator app is not asked for any more.',
  } as Record<string, string | undefined>,
};
