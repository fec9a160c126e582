/** What the pages of forgotten passwords say. */
export const entryReset = {
  forgot: {
    title: 'Forgot your password?',
    text: 'We mail you a link to choose a new one.',
    button: 'Send the link',
    back: 'Back to sign-in',
    sentTitle: 'Check your email',
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
};
