/** What the frame of all pages of an account says. */
export const accountCommon = {
  menu: 'Your account',
  admin: 'Admin',
  verifyFirst: 'You can do this once you have confirmed your email address.',
  addressFirst: 'You can do this once your account has an email address.',
  unregistered: {
    title: 'You have not registered yet',
    text: 'Only this browser opens your account. Register, link an account of a provider or add a passkey, and everything you have stays yours.',
    button: 'Register',
    noAddress:
      'Your account has no email address: nobody can help you back in if you lose your passkeys and linked accounts.',
    add: 'Add an email address',
  },
  unverified: {
    title: 'Please confirm your email address',
    text: (email: string) =>
      `We sent a link to ${email}. Until you follow it, most of your account cannot be changed.`,
    again: 'Send the link again',
  },
};
