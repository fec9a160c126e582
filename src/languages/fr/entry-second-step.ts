import type { Texts } from '../texts.ts';

/** In French. */
export const entrySecondStep: Texts['entrySecondStep'] = {
  title: 'Encore une étape',
  text: 'Votre compte demande une seconde preuve que c’est bien vous.',
  totp: 'Code de votre application d’authentification',
  totpHint: 'Six chiffres, qui changent toutes les trente secondes',
  button: 'Se connecter',
  remember: 'Ne pas demander sur cet appareil pendant 30 jours',
  byPasskey: 'Utiliser une clé d’accès',
  passkeyFailed: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
  byRecovery: 'Je ne peux utiliser ni mon application d’authentification ni ma clé d’accès',
  recovery: 'Code de récupération',
  recoveryHint: 'L’un des dix que vous avez conservés lors de la configuration. Il sert une fois.',
  send: { email: 'Recevoir un code par e-mail', sms: 'Recevoir un code par SMS' },
  sendAgain: { email: 'Recevoir un autre code par e-mail', sms: 'Recevoir un autre code par SMS' },
  sent: 'Nous vous avons envoyé un code. Il est valable dix minutes.',
  code: 'Code',
  other: 'Recommencer',
  overTitle: 'Veuillez vous reconnecter',
};
