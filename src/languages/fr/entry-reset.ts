import type { Texts } from '../texts.ts';

/** In French. */
export const entryReset: Texts['entryReset'] = {
  forgot: {
    title: 'Mot de passe oublié ?',
    text: 'Nous vous envoyons par e-mail un lien pour en choisir un nouveau.',
    button: 'Envoyer le lien',
    back: 'Retour à la connexion',
    sentTitle: 'Consultez vos e-mails',
    sent: 'S’il existe un compte avec cette adresse, un lien est en route. Il est valable une heure.',
  },
  reset: {
    title: 'Choisissez un nouveau mot de passe',
    text: 'Tous vos appareils seront déconnectés.',
    button: 'Définir le mot de passe',
    doneTitle: 'Votre nouveau mot de passe est défini',
    done: 'Connectez-vous maintenant avec lui.',
    signIn: 'Se connecter',
    again: 'Demander un nouveau lien',
  },
};
