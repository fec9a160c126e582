/** What the pages of registering say. */
export const entryRegister = {
  title: 'Create your account',
  button: 'Create account',
  byPasskey: 'Use a passkey instead',
  passkeyTitle: 'Create a passkey',
  passkeyText:
    'Your device keeps it, and unlocks it as it is unlocked itself: by fingerprint, face or PIN. You need no password.',
  passkeyGo: 'Create passkey',
  passkeyFailed: 'No passkey was made. Try again, or go back and choose a password.',
  passkeyNoScript: 'A passkey needs JavaScript. Please turn it on, or go back and choose a password.',
  back: 'Back',
  agreement: { before: 'By creating an account you agree to the', and: 'and the', after: '.' },
  known: 'Already have an account?',
  signIn: 'Sign in',
  closed: 'New accounts can’t be made here at the moment.',
  sentTitle: 'Check your email',
  sent: 'We sent you a link. Open it to confirm your address, then sign in.',
};
