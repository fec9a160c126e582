import type { Texts } from '../texts.ts';

/** In French. */
export const authorizationCommon: Texts['authorizationCommon'] = {
  title: (client) => `Connecter ${client}`,
  asks: 'souhaite utiliser votre compte chez',
  signedInAs: 'Vous utilisez le compte de',
  may: 'Cette application pourra :',
  scopeNames: {
    openid: 'savoir que c’est vous',
    profile: 'voir votre nom, votre photo et votre langue',
    email: 'voir votre adresse e-mail',
    phone: 'voir votre numéro de téléphone',
    address: 'voir votre pays',
    offline_access: 'le faire en votre absence',
    account: 'utiliser votre compte comme vous',
    'account:read': 'voir le contenu de votre compte',
  },
  providerToken: (provider) => `utiliser votre compte chez ${provider} comme vous`,
  other: (scope) => `utiliser « ${scope} »`,
  where: 'Là où elle pourra s’en servir :',
  nothing: 'savoir que c’est vous',
  goesTo: 'Vous continuez ensuite vers',
  actsFor: 'Elle agit pour',
  actsForHint: 'Pour une organisation, elle peut faire ce que vous pouvez y faire, aux frais de celle-ci.',
  yourself: 'Vous-même',
  allow: 'Autoriser',
  deny: 'Annuler',
  another: 'Utiliser un autre compte',
  unchecked: (realm) =>
    `Cette application n’a pas été enregistrée par ${realm} : son nom et son image sont ce qu’elle dit d’elle-même. Continuez seulement si vous venez de la lancer vous-même.`,
  about: 'À propos de l’application',
  policy: 'Confidentialité',
  terms: 'Conditions',
  disconnect: 'Vous pouvez la déconnecter à tout moment, sous « Applications » dans votre compte.',
  onward: {
    title: 'Un instant',
    text: 'Ce bouton vous fait continuer, si cela ne se fait pas tout seul.',
    button: 'Continuer',
  },
};
