type ProviderError = (provider: string) => string;

/** What the pages of signing in and out say. */
export const entrySignIn = {
  signIn: {
    title: 'Sign in',
    identifier: 'Email, username or phone',
    button: 'Sign in',
    forgot: 'Forgot password?',
    byLink: 'Email me a link',
    byCode: 'Sign in with a one-time code',
    byPasskey: 'Sign in with a passkey',
    passkeyFailed: 'No passkey was used. Try again, or sign in another way.',
    confirm: 'Send the link again',
    newHere: 'New here?',
    register: 'Create an account',
    or: 'or',
    lastUsed: 'Last used',
    with: (provider: string) => `Continue with ${provider}`,
  },
  /** For a user who is signed in already, when an app asks. */
  proceed: {
    title: 'Choose an account',
    signedInAs: 'You are signed in as',
    button: (name: string) => `Continue as ${name}`,
    other: 'Use another account',
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
  /** Why signing in with a provider failed, by the code of the error. */
  providerErrors: {
    provider_denied: (provider) =>
      `You did not let ${provider} sign you in. Nothing has changed: try again, or choose another way.`,
    oauth_state_invalid: () =>
      'This sign-in took too long or was started in another browser. Please try again.',
    provider_rejected: (provider) =>
      `The answer of ${provider} could not be trusted. Please try again, or sign in another way.`,
    provider_unavailable: (provider) =>
      `${provider} does not answer at the moment. Please try again later, or sign in another way.`,
    email_missing: (provider) =>
      `${provider} did not tell us your email address. Please allow it to, or sign in another way.`,
    provider_email_unverified: (provider) =>
      `Your email address is not confirmed at ${provider}. Please confirm it there first, or sign in another way.`,
    account_exists: (provider) =>
      `There is an account with this address: sign in with its password, then link ${provider} in your account.`,
    identity_conflict: (provider) =>
      `This account of ${provider} is linked to another user here. Sign in with it and unlink it there first.`,
    email_not_verified: () => 'Please confirm your email address first: we mailed you a link.',
    account_suspended: () => 'This account is suspended. Please contact the people who run this service.',
    registration_closed: () => 'New accounts can’t be made here at the moment.',
    other: () => 'Signing in did not work. Please try again.',
  } as { other: ProviderError } & Record<string, ProviderError | undefined>,
};
