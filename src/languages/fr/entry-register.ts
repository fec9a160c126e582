import type { Texts } from '../texts.ts';

/** In French. */
export const entryRegister: Texts['entryRegister'] = {
  title: 'Créez votre compte',
  button: 'Créer un compte',
  byPasskey: 'Utiliser plutôt une clé d’accès',
  passkeyTitle: 'Créer une clé d’accès',
  passkeyText:
    'Votre appareil la garde et la déverrouille comme lui-même : par empreinte digitale, visage ou code. Aucun mot de passe n’est nécessaire.',
  passkeyGo: 'Créer la clé d’accès',
  passkeyFailed:
    'Aucune clé d’accès n’a été créée. Réessayez, ou revenez en arrière et choisissez un mot de passe.',
  passkeyNoScript:
    'Une clé d’accès nécessite JavaScript. Activez-le, ou revenez en arrière et choisissez un mot de passe.',
  back: 'Retour',
  agreement: { before: 'En créant un compte, vous acceptez ces textes :', and: 'et', after: '.' },
  known: 'Vous avez déjà un compte ?',
  signIn: 'Se connecter',
  closed: 'Il n’est pas possible de créer un compte ici pour le moment.',
  sentTitle: 'Consultez vos e-mails',
  sent: 'Nous vous avons envoyé un lien. Ouvrez-le pour confirmer votre adresse, puis connectez-vous.',
};
