import { messages } from '../kit/messages.ts';

/** What the page of a user’s linked accounts says. */
export const identitiesMessages = messages({
  en: {
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
  },
  de: {
    title: 'Verknüpfte Konten',
    text: 'Melden Sie sich mit einem Konto an, das Sie anderswo haben.',
    none: 'Hier gibt es keine anderen Dienste zum Anmelden.',
    linkedAs: 'Verknüpft',
    notLinked: 'Nicht verknüpft',
    since: 'Seit',
    link: 'Verknüpfen',
    linkNamed: (provider) => `${provider} verknüpfen`,
    unlink: 'Lösen',
    unlinkNamed: (provider) => `Verknüpfung mit ${provider} lösen`,
    failed: 'Das Verknüpfen hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
    done: {
      unlinked: 'Das Konto ist nicht mehr verknüpft.',
    },
  },
});
