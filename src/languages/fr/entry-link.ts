import type { Texts } from '../texts.ts';

/** In French. */
export const entryLink: Texts['entryLink'] = {
  title: 'Se connecter avec un lien',
  text: 'Nous vous envoyons par e-mail un lien qui vous connecte. Aucun mot de passe n’est nécessaire.',
  send: 'M’envoyer un lien',
  code: 'Envoyer plutôt un code',
  password: 'Se connecter avec un mot de passe',
  sentTitle: 'Consultez vos e-mails',
  sent: 'S’il existe un compte correspondant, un lien est en route vers',
  sentHere: 'Ouvrez-le dans ce navigateur, et vous êtes connecté. Il est valable dix minutes.',
  elsewhere: 'Vous l’avez ouvert sur un autre appareil ? Un numéro y est affiché : saisissez-le ici.',
  number: 'Numéro',
  numberHint: 'Six chiffres',
  enter: 'Se connecter ici',
  again: 'Renvoyer le lien',
  other: 'Utiliser une autre adresse',
  hereTitle: 'Se connecter',
  here: 'Vous avez demandé ce lien dans ce navigateur.',
  hereButton: 'Se connecter',
  awayTitle: 'Vous êtes dans un autre navigateur',
  away: 'Ce lien a été demandé dans un autre navigateur. Si c’était vous, affichez le numéro et saisissez-le là-bas. Sinon, fermez cette page : personne n’est connecté.',
  askedFrom: 'Lieu de la demande',
  askedWith: 'Demandé avec',
  show: 'Afficher le numéro',
  numberTitle: 'Saisissez ce numéro',
  numberText:
    'Saisissez-le dans le navigateur où vous avez demandé le lien : c’est là que vous serez connecté, pas ici. Ne le donnez à personne.',
  newLink: 'Demander un nouveau lien',
};
