/** What the page of a user’s linked accounts says. */
export const accountIdentities = {
  title: 'Linked accounts',
  text: 'Sign in with an account that you have elsewhere.',
  none: 'There are no other services to sign in with here.',
  linkedAs: 'Linked',
  notLinked: 'Not linked',
  since: 'Since',
  link: 'Link',
  linkNamed: (provider: string) => `Link ${provider}`,
  unlink: 'Unlink',
  unlinkNamed: (provider: string) => `Unlink ${provider}`,
  failed: 'Linking did not work. Please try again.',
  done: {
    unlinked: 'The account is not linked any more.',
  } as Record<string, string | undefined>,
};
