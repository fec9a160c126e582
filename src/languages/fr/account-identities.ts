import type { Texts } from '../texts.ts';

/** In French. */
export const accountIdentities: Texts['accountIdentities'] = {
  title: 'Comptes associés',
  text: 'Connectez-vous avec un compte que vous avez ailleurs.',
  none: 'Aucun autre service ne permet de se connecter ici.',
  linkedAs: 'Associé',
  notLinked: 'Non associé',
  since: 'Depuis le',
  link: 'Associer',
  linkNamed: (provider) => `Associer ${provider}`,
  unlink: 'Dissocier',
  unlinkNamed: (provider) => `Dissocier ${provider}`,
  failed: 'L’association a échoué. Veuillez réessayer.',
  done: {
    unlinked: 'Le compte n’est plus associé.',
  },
};
