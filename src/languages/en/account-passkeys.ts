/** What is said of a user’s passkeys. */
export const accountPasskeys = {
  title: 'Passkeys',
  text: 'Sign in with your fingerprint, your face or the PIN of your device. A passkey cannot be guessed, and works on no other site.',
  add: 'Add a passkey',
  synced: 'on several devices',
  added: 'Added',
  name: 'Name',
  rename: 'Rename',
  renameNamed: (name: string) => `Rename the passkey ${name}`,
  remove: 'Remove',
  removeNamed: (name: string) => `Remove the passkey ${name}`,
  stepTitle: 'Add a passkey',
  stepText: 'Your browser will ask where to keep the passkey, and make sure that it is you.',
  nameHint: 'So that you know it again. Without one it is called after what keeps it.',
  go: 'Go on',
  failed:
    'No passkey was made: this device may have one for this account already. Try again, or choose another device.',
  unasked: 'Your browser made it when you signed in. It signs you in, but is no second step.',
  confirm: 'Use as a second step',
  confirmNamed: (name: string) => `Use as a second step: ${name}`,
  confirmTitle: 'Use a passkey as a second step',
  confirmText:
    'Use it once now, so that we see that it asks for you. From then on it is asked for after your password.',
  confirmFailed: 'No passkey was used. Please try again.',
  passwordFirst: 'To use it as a second step, sign in with your password first.',
  noScript: 'Your browser has no passkeys, or scripts are off. Please use another one.',
  back: 'Back',
};
