import type { Texts } from '../texts.ts';

/** In French. */
export const entrySignIn: Texts['entrySignIn'] = {
  signIn: {
    title: 'Se connecter',
    identifier: 'E-mail, nom d’utilisateur ou téléphone',
    button: 'Se connecter',
    forgot: 'Mot de passe oublié ?',
    byLink: 'M’envoyer un lien par e-mail',
    byCode: 'Se connecter avec un code à usage unique',
    byPasskey: 'Se connecter avec une clé d’accès',
    passkeyFailed: 'Aucune clé d’accès n’a été utilisée. Réessayez ou connectez-vous autrement.',
    confirm: 'Renvoyer le lien',
    newHere: 'Nouveau ici ?',
    register: 'Créer un compte',
    or: 'ou',
    lastUsed: 'Dernière utilisation',
    with: (provider) => `Continuer avec ${provider}`,
  },
  proceed: {
    title: 'Choisir un compte',
    signedInAs: 'Vous utilisez le compte de',
    button: (name) => `Continuer en tant que ${name}`,
    other: 'Utiliser un autre compte',
  },
  signOut: {
    title: 'Se déconnecter',
    text: 'Voulez-vous vous déconnecter sur cet appareil ?',
    button: 'Se déconnecter',
    stay: 'Rester connecté',
    doneTitle: 'Vous êtes déconnecté',
    done: 'Plus personne n’est connecté sur cet appareil.',
    again: 'Se connecter',
  },
  providerErrors: {
    provider_denied: (provider) =>
      `Vous n’avez pas autorisé ${provider} à vous connecter. Rien n’a changé : réessayez ou choisissez un autre moyen.`,
    oauth_state_invalid: () =>
      'Cette connexion a pris trop de temps ou a commencé dans un autre navigateur. Veuillez réessayer.',
    provider_rejected: (provider) =>
      `La réponse de ${provider} n’était pas fiable. Réessayez ou connectez-vous autrement.`,
    provider_unavailable: (provider) =>
      `${provider} ne répond pas pour le moment. Réessayez plus tard ou connectez-vous autrement.`,
    email_missing: (provider) =>
      `${provider} ne nous a pas transmis votre adresse e-mail. Autorisez-le à le faire ou connectez-vous autrement.`,
    provider_email_unverified: (provider) =>
      `Votre adresse e-mail n’est pas confirmée chez ${provider}. Confirmez-la d’abord là-bas ou connectez-vous autrement.`,
    account_exists: (provider) =>
      `Il existe un compte avec cette adresse : connectez-vous avec son mot de passe, puis associez ${provider} dans votre compte.`,
    identity_conflict: (provider) =>
      `Ce compte ${provider} est associé ici à un autre utilisateur. Connectez-vous avec lui et dissociez-le d’abord là-bas.`,
    email_not_verified: () => 'Confirmez d’abord votre adresse e-mail : nous vous avons envoyé un lien.',
    account_suspended: () => 'Ce compte est suspendu. Contactez les responsables de ce service.',
    registration_closed: () => 'Il n’est pas possible de créer un compte ici pour le moment.',
    other: () => 'La connexion a échoué. Veuillez réessayer.',
  },
};
