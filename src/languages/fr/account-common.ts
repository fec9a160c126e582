import type { Texts } from '../texts.ts';

/** In French. */
export const accountCommon: Texts['accountCommon'] = {
  menu: 'Votre compte',
  admin: 'Administration',
  verifyFirst: 'Vous pourrez le faire une fois votre adresse e-mail confirmée.',
  addressFirst: 'Vous pourrez le faire une fois que votre compte aura une adresse e-mail.',
  unregistered: {
    title: 'Vous n’êtes pas encore inscrit',
    text: 'Seul ce navigateur ouvre votre compte. Inscrivez-vous, associez le compte d’un fournisseur ou ajoutez une clé d’accès : tout ce que vous avez reste à vous.',
    button: 'S’inscrire',
    noAddress:
      'Votre compte n’a pas d’adresse e-mail : si vous perdez vos clés d’accès et vos comptes associés, personne ne pourra vous aider à y revenir.',
    add: 'Ajouter une adresse e-mail',
  },
  unverified: {
    title: 'Confirmez votre adresse e-mail',
    text: (email) =>
      `Nous avons envoyé un lien à ${email}. Tant que vous ne l’avez pas ouvert, presque rien ne peut être modifié dans votre compte.`,
    again: 'Renvoyer le lien',
  },
};
