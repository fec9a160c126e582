import type { Texts } from '../texts.ts';

/** In French. */
export const accountSecurity: Texts['accountSecurity'] = {
  title: 'Sécurité',
  ways: 'Informations de connexion',
  password: 'Mot de passe',
  passwordText: 'Le modifier déconnecte tous vos autres appareils.',
  current: 'Mot de passe actuel',
  change: 'Modifier le mot de passe',
  noPassword: 'Votre compte n’a pas de mot de passe. Nous pouvons vous envoyer un lien pour en définir un.',
  setPassword: 'M’envoyer le lien',
  email: 'Adresse e-mail',
  verified: 'Confirmé',
  unverified: 'Non confirmé',
  newEmail: 'Nouvelle adresse e-mail',
  emailHint: 'Nous y envoyons un lien. Votre adresse change quand vous l’ouvrez.',
  changeEmail: 'Modifier l’adresse',
  passwordFirst: 'Pour modifier votre adresse, définissez d’abord un mot de passe.',
  phone: 'Numéro de téléphone',
  noPhone: 'Votre profil n’a pas de numéro de téléphone.',
  addPhone: 'En ajouter un',
  phoneText: 'Confirmez votre numéro, et vous pourrez vous connecter avec un code reçu par SMS.',
  unreachable: 'Nous ne pouvons pas envoyer de SMS à ce numéro.',
  sendCode: 'Recevoir un code par SMS',
  sendAnother: 'Recevoir un autre code par SMS',
  code: 'Code reçu par SMS',
  confirm: 'Confirmer',
  done: {
    password_breached:
      'Votre mot de passe est connu à la suite d’une fuite de données d’un autre service. Choisissez-en un nouveau ici.',
    password_changed: 'Vous avez un nouveau mot de passe. Tous vos autres appareils sont déconnectés.',
    password_mailed: 'Nous vous avons envoyé un lien pour définir un mot de passe. Il est valable une heure.',
    link_sent: 'Un lien est en route, si vous n’en avez pas reçu plusieurs au cours de la dernière heure.',
    email_asked:
      'Nous avons envoyé un lien à la nouvelle adresse. Elle devient la vôtre quand vous l’ouvrez.',
    code_sent: 'Nous vous avons envoyé un code. Il est valable dix minutes.',
    phone_verified: 'Votre numéro de téléphone est confirmé.',
    passkey_added: 'Vous pouvez désormais vous connecter avec cette clé d’accès.',
    passkey_confirmed:
      'Une connexion avec votre mot de passe demande désormais une seconde étape, pour laquelle cette clé d’accès suffit.',
    passkey_renamed: 'La clé d’accès a un nouveau nom.',
    passkey_removed:
      'La clé d’accès ne permet plus de se connecter. Si votre appareil la garde encore, supprimez-la aussi là-bas.',
  },
};
