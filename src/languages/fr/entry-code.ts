import type { Texts } from '../texts.ts';

/** In French. */
export const entryCode: Texts['entryCode'] = {
  title: 'Se connecter avec un code à usage unique',
  email: 'Nous vous envoyons par e-mail un code à six chiffres. Aucun mot de passe n’est nécessaire.',
  anywhere:
    'Nous vous envoyons un code à six chiffres, par e-mail ou par SMS. Aucun mot de passe n’est nécessaire.',
  address: 'Adresse e-mail ou numéro de téléphone',
  addressHint:
    'Le numéro de téléphone doit être confirmé dans votre compte ; écrivez-le ainsi : +33170189900.',
  send: 'Envoyer le code',
  sentTitle: 'Saisissez le code',
  sent: 'S’il existe un compte correspondant, un code est en route vers',
  code: 'Code',
  codeHint: 'Six chiffres. Il est valable dix minutes.',
  button: 'Se connecter',
  again: 'Envoyer un autre code',
  password: 'Se connecter avec un mot de passe',
  other: 'Utiliser une autre adresse',
  addTitle: 'Ajouter une adresse e-mail',
  add: 'Nous vous envoyons par e-mail un code à six chiffres. Le saisir montre que l’adresse est la vôtre, et elle ouvre ensuite votre compte.',
  addSent: 'Un code est en route vers',
  addButton: 'Confirmer l’adresse',
  account: 'Retour à votre compte',
};
