import type { Texts } from '../texts.ts';

/** In German. */
export const accountIdentities: Texts['accountIdentities'] = {
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
};
